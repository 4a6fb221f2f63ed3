/* Files to lift. */

const NUMBERS = ["width", "height", "fps"], CHOICES = ["skeleton", "format", "smooth"], TICKS = ["trajectory", "stills"];
let chosenFiles = [], job = null, working = false;

function tell(state, fault = "", busy = false) {
  element("state").textContent = state;
  element("state").classList.toggle("busy", busy);
  element("fault").textContent = fault;
  note("notes");
}

function liftOptions() {
  const value = id => element(id).value;
  return {
    ...Object.fromEntries(NUMBERS.map(id => [id, value(id) === "" ? null : Number(value(id))])),
    ...Object.fromEntries(CHOICES.map(id => [id, value(id) || null])),
    ...Object.fromEntries(TICKS.map(id => [id, element(id).checked])),
  };
}

/* Bring the files to the app, once; return what is wrong with them, if anything. */
async function bring() {
  for (const file of chosenFiles) {
    tell(`Reading ${file.name} …`, "", true);
    const query = `name=${encodeURIComponent(file.name)}${job ? `&job=${job}` : ""}`;
    const headers = { "Content-Type": "application/octet-stream" };
    const answer = await ask(`files?${query}`, { method: "POST", headers, body: file });
    if (answer.error) return answer.error;
    job = answer.job;
  }
  return "";
}

async function work() {
  if (working || !chosenFiles.length) return;
  working = true;
  element("again").disabled = true;
  element("result").hidden = true;
  const fault = job ? "" : await bring();
  if (fault) job = null;
  const lifter = element("lifter").value;
  tell(`Lifting with ${lifter} …`, "", true);
  const answer = fault ? { error: fault } : await ask("lift", asJson({ job, lifter, ...liftOptions() }));
  working = false;
  element("again").disabled = false;
  tell(answer.summary || "", answer.error || "");
  note("notes", answer.warnings);
  if (!answer.error) show3d(answer);
  element(answer.error ? "fault" : "state").scrollIntoView({ block: answer.error ? "nearest" : "start" });
}

function show3d({ page, files }) {
  element("downloads").replaceChildren(...files.map(({ name, url }) => {
    const link = Object.assign(document.createElement("a"), { className: "button", href: url, download: name });
    link.textContent = `Download ${name}`;
    return link;
  }));
  element("player").src = page;
  element("result").hidden = false;
}

function take(files) {
  if (!files.length || working) return;
  chosenFiles = [...files];
  job = null;
  element("chosen").textContent = chosenFiles.length > 1 ? `${chosenFiles.length} files` : chosenFiles[0].name;
  work();
}

element("files").addEventListener("change", event => {
  take(event.target.files);
  event.target.value = "";
});
element("again").addEventListener("click", work);
element("lifter").addEventListener("change", () => { if (!element("panel-file").hidden) work(); });
for (const name of ["dragover", "dragleave", "drop"]) {
  element("drop").addEventListener(name, event => {
    event.preventDefault();
    element("drop").classList.toggle("over", name === "dragover");
    if (name === "drop") take(event.dataTransfer.files);
  });
}
