/* The tabs of the page. Of each that is opened an event tells: what runs in another may end. */

const TABS = [...document.querySelectorAll("[role=tab]")];

function openTab(tab) {
  for (const other of TABS) {
    element(other.getAttribute("aria-controls")).hidden = other !== tab;
    other.setAttribute("aria-selected", other === tab);
    other.tabIndex = other === tab ? 0 : -1;
  }
  document.dispatchEvent(new CustomEvent("tab", { detail: tab.id }));
}

TABS.forEach((tab, number) => {
  tab.addEventListener("click", () => openTab(tab));
  tab.addEventListener("keydown", event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const next = TABS[(number + step + TABS.length) % TABS.length];
    openTab(next);
    next.focus();
  });
});
