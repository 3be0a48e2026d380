// What every component begins with: nodes are made one by one and text is only ever text, because most of it comes from traces.
const SVG = "http://www.w3.org/2000/svg";

function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function shape(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== "") node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

// Every click opens an address of the dashboard. They are made in Python (screens/address.py), relative and with each value quoted.
// A click with a key held, or with another button, is left to the browser, which opens the address elsewhere.
function opens(node, address) {
  node.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button > 0) return;
    event.preventDefault();
    openView(address);
  });
  return node;
}

// The page is told as if the address came from the browser's history: one entry for one click, and no loading anew.
function openView(address) {
  window.history.pushState({}, "", address);
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}

function link(address, attributes, ...children) {
  return opens(element("a", { href: address, ...attributes }, ...children), address);
}

function shapeLink(address, attributes, ...children) {
  return opens(shape("a", { href: address, ...attributes }, ...children), address);
}

function shortened(text, letters) {
  // From Hangul on most letters are as wide as two of ours.
  const wide = (letter) => (letter >= "\u1100" && !(letter >= "\u1e00" && letter < "\u2e80") ? 2 : 1);
  const all = Array.from(text);
  if (all.reduce((sum, letter) => sum + wide(letter), 0) <= letters) return text;
  let [room, kept] = [Math.max(letters - 1, 1), 0];
  while (kept < all.length && (room -= wide(all[kept])) >= 0) kept += 1;
  return all.slice(0, Math.max(kept, 1)).join("") + "…";
}

// Draws now and whenever the width changes; the answer stops that.
function atEveryWidth(host, draw) {
  let last = -1;
  const observer = new ResizeObserver(() => {
    const width = Math.floor(host.clientWidth);
    if (width > 0 && width !== last) {
      last = width;
      draw(width);
    }
  });
  observer.observe(host);
  return () => observer.disconnect();
}

// One note beside the pointer, for all that has something to say.
function noteFor(host) {
  const note = element("div", { class: "note", role: "tooltip" });
  host.append(note);
  const place = (event) => {
    const box = host.getBoundingClientRect();
    const left = Math.min(event.clientX - box.left + 14, box.width - note.offsetWidth - 4);
    const above = event.clientY - box.top + 16 + note.offsetHeight > box.height && event.clientY - box.top - note.offsetHeight - 10 > 0;
    note.style.left = `${Math.max(left, 0)}px`;
    note.style.top = `${above ? event.clientY - box.top - note.offsetHeight - 10 : event.clientY - box.top + 16}px`;
  };
  return (node, text) => {
    if (!text) return node;
    node.addEventListener("mouseenter", (event) => {
      note.textContent = text;
      note.classList.add("shown");
      place(event);
    });
    node.addEventListener("mousemove", place);
    node.addEventListener("mouseleave", () => note.classList.remove("shown"));
    return node;
  };
}
