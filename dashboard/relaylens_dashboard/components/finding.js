// Draws one finding with its evidence in place, and the ways into its run.
export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.querySelector(".host");
  host.className = `host finding${data.selected ? " selected" : ""}`;
  host.style.setProperty("--hue", data.hue);
  host.replaceChildren();
  const say = noteFor(host);
  const header = element("header", {},
    say(element("span", { class: "chip" }, data.detector), data.means),
    element("span", { class: "who" }, data.agent),
    data.began ? element("span", { class: "quiet" }, `began at ${data.began}`) : null,
    element("span", { class: "quiet" }, data.certainty),
    element("time", { class: "quiet" }, data.when),
    data.outcome ? element("span", { class: "quiet" }, data.outcome) : null,
    data.marked ? element("span", { class: "quiet" }, data.marked) : null);
  host.prepend(header,
    element("div", { class: "message" }, data.message),
    ...(data.evidence ? [element("pre", { tabindex: 0, "aria-label": "Evidence" }, data.evidence)] : []),
    ...(data.judge ? [element("div", { class: "judge quiet" }, data.judge)] : []),
    element("nav", {}, data.links.map((one) => link(one.link, {}, one.text))));
}
