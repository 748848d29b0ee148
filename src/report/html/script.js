(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // The panel under a diagram shows the message that has the focus or the pointer.
  const tell = event => {
    const message = event.target.closest && event.target.closest(".m");
    if (!message) return;
    const panel = message.closest("figure").querySelector(".panel");
    panel.textContent = message.querySelector("title").textContent;
  };
  document.addEventListener("focusin", tell);
  document.addEventListener("mouseover", tell);

  // On paper nothing can be unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    folded.forEach(d => { d.open = true; });
  });
  addEventListener("afterprint", () => {
    folded.forEach(d => { d.open = false; });
    folded = [];
  });

  const form = document.querySelector(".filter");
  if (!form) return;
  const rows = all("tr[data-id]");
  const sections = new Map(all(".conversation").map(s => [s.dataset.id, s]));
  const words = new Map();
  const text = row => {
    if (!words.has(row)) {
      const section = sections.get(row.dataset.id);
      words.set(row, (row.textContent + " " + (section ? section.textContent : "")).toLowerCase());
    }
    return words.get(row);
  };
  const apply = () => {
    const level = Number(form.elements.level.value);
    const wanted = form.elements.text.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = Number(row.dataset.level) >= level && (!wanted || text(row).includes(wanted));
      row.hidden = !fits;
      const section = sections.get(row.dataset.id);
      if (section) section.hidden = !fits;
      if (fits) shown += 1;
    }
    form.querySelector("output").textContent =
      shown === rows.length ? "" : shown + " of " + rows.length + " shown";
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", event => event.preventDefault());
  apply();
})();
