/* Sorting and narrowing, for those who have a script; the page is whole without. Reads the page, asks nothing of a network. */
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);

  /* A cell's number: its key where the text is a range or a bound, else the first number in it. A dash is missing. */
  const number = (cell) => {
    if (cell.dataset.key !== undefined) return Number(cell.dataset.key);
    const label = cell.querySelector(".label");
    const text = cell.textContent.slice(label ? label.textContent.length : 0).replaceAll(",", "").trim();
    const found = text.match(/\d+(\.\d+)?/);
    return found ? Number(found[0]) : NaN;
  };
  const compare = (column, numeric, sign) => (one, other) => {
    const a = one.cells[column], b = other.cells[column];
    if (!numeric) return sign * a.textContent.localeCompare(b.textContent, "en");
    const x = number(a), y = number(b);
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
    return sign * (x - y);
  };
  /* Rows that span columns, the heads of groups and what is left out, stay where they are. */
  const sort = (table, head) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    const order = compare(head.cellIndex, head.classList.contains("n"), down ? -1 : 1);
    const width = table.tHead.rows[0].cells.length;
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => row.cells.length === width);
      const after = rows.length ? rows[rows.length - 1].nextSibling : null;
      for (const row of rows.sort(order)) body.insertBefore(row, after);
    }
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  };
  const buttons = [];
  for (const table of all("table.sortable")) {
    for (const head of table.tHead.rows[0].cells) {
      if (head.classList.contains("strip")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, head));
      head.append(button);
      buttons.push(button);
    }
  }
  /* Where rows are cards their heads are not seen, and must not be reached by keyboard. */
  const cards = matchMedia("(max-width: 51.99rem)");
  const fit = () => buttons.forEach((button) => { button.disabled = cards.matches; });
  cards.addEventListener("change", fit);
  fit();

  const room = byId("filter-room"), procedure = byId("filter-procedure");
  const narrow = () => {
    let shown = 0, listed = 0;
    for (const part of all("[data-procedure]")) {
      const fits = (select, value) => !select.value || value === undefined || value === select.value;
      const show = fits(room, part.dataset.room) && fits(procedure, part.dataset.procedure);
      part.classList.toggle("out", !show);
      if (part.matches(".cases tr")) { listed += 1; shown += show; }
    }
    for (const body of all(".cases tbody")) body.classList.toggle("out", !all("tr[data-procedure]:not(.out)", body).length);
    const chosen = [room, procedure].filter((select) => select.value).map((select) => select.selectedOptions[0].text);
    byId("filter-says").textContent = chosen.length
      ? `Only ${chosen.join(", ")}: ${shown} of ${listed} listed cases. Counts and statistics are of all cases${room.value ? "; tables by procedure hold all units" : ""}.`
      : "";
    document.documentElement.classList.toggle("narrowed", chosen.length > 0);
  };
  room.addEventListener("change", narrow);
  procedure.addEventListener("change", narrow);
  byId("filter-clear").addEventListener("click", () => { room.value = procedure.value = ""; narrow(); });
  byId("filters").hidden = false;
  addEventListener("beforeprint", () => all("details").forEach((each) => { each.open = true; }));
})();
