// Draws a long run as a strip of slices; a click chooses the slice that is shown below it.
export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.querySelector(".host");
  host.replaceChildren();
  const strip = element("div", { class: data.slices.length > 60 ? "strip many" : "strip" });
  host.append(strip);
  const say = noteFor(host);
  data.slices.forEach((slice) => {
    const bars = slice.parts.map((part) => {
      const bar = element("i");
      bar.style.flexGrow = part.share;
      bar.style.background = part.colour;
      return bar;
    });
    const node = link(slice.link, { class: slice.number === data.shown ? "shown" : null, "aria-label": slice.says },
      element("span", { class: "parts" }, bars), slice.troubled ? element("b", {}, "!") : null);
    strip.append(say(node, slice.says));
  });
}
