/* What the parts of the page share. */

const element = id => document.getElementById(id);

/* Return the answer of the app; what goes wrong on the way is an error like any other. */
async function ask(path, options) {
  try {
    const answer = await fetch(path, options);
    return await answer.json();
  } catch {
    return { error: "The app does not answer: is it still running?" };
  }
}

/* Say what an answer warns of; as long as that stays the same nothing is written, nor read out, again. */
function note(id, warnings = []) {
  const list = element(id);
  if (list.dataset.text === warnings.join("\n")) return;
  list.dataset.text = warnings.join("\n");
  list.replaceChildren(...warnings.map(text => Object.assign(document.createElement("li"), { textContent: text })));
}

const asJson = content => ({
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content),
});
