// Draws the map of agents and handoffs; where everything stands was decided in Python (charts/network_map.py).
export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.querySelector(".host");
  host.classList.add("map");
  const least = 2 * data.margin + (data.layers - 1) * 155; // below that, circles and labels of neighbours touch
  return atEveryWidth(host, (width) => draw(host, data, Math.max(width, least)));
}

function draw(host, data, width) {
  host.replaceChildren();
  const say = noteFor(host);
  const inner = width - 2 * data.margin;
  const x = ([share, beside]) => data.margin + share * inner + beside;
  const letters = Math.max(8, Math.floor(inner / Math.max(data.layers - 1, 1) / 8));
  const svg = shape("svg", { width, height: data.height, viewBox: `0 0 ${width} ${data.height}`, role: "group", "aria-label": data.says });
  const edges = data.edges.map((edge) => {
    const near = (name) => edge.source === name || edge.target === name;
    const node = edgeShape(edge, x);
    say(node, edge.says);
    return { node, near };
  });
  const agents = data.agents.map((agent) => {
    const node = agentShape(agent, data.margin + agent.share * inner, letters, width);
    say(node, agent.says);
    node.addEventListener("mouseenter", () => focus(agent.name));
    node.addEventListener("mouseleave", () => host.classList.remove("focused"));
    return { node, name: agent.name };
  });
  const focus = (name) => {
    const beside = new Set([name]);
    for (const [index, edge] of data.edges.entries()) {
      edges[index].node.classList.toggle("near", edges[index].near(name));
      if (edges[index].near(name)) beside.add(edge.source).add(edge.target);
    }
    for (const one of agents) one.node.classList.toggle("near", beside.has(one.name));
    host.classList.add("focused");
  };
  svg.append(...edges.map((one) => one.node), ...agents.map((one) => one.node));
  host.prepend(element("div", { class: "scrolls" }, svg));
  host.append(legend(data.legend));
}

function edgeShape(edge, x) {
  const at = (point) => `${x(point).toFixed(1)} ${point[2].toFixed(1)}`;
  const [start, ...rest] = edge.points;
  const line = `M${at(start)}C${rest.map(at).join(" ")}`;
  const end = rest.at(-1);
  const before = rest.at(-2);
  const angle = Math.atan2(end[2] - before[2], x(end) - x(before));
  const [middle, height] = [x(edge.label.at), edge.label.at[2]];
  const wide = edge.label.text.length * 5.9 + 12;
  const label = [
    shape("rect", { class: "plate", x: middle - wide / 2, y: height - 9, width: wide, height: 18, rx: 9, stroke: edge.colour }),
    shape("text", { x: middle, y: height + 4, "text-anchor": "middle" }, edge.label.text),
  ];
  return shapeLink(
    edge.link,
    { class: "edge", "aria-label": `${edge.source} to ${edge.target}: ${edge.label.text}` },
    shape("path", { class: "line", d: line, stroke: edge.colour, "stroke-width": edge.width, "stroke-dasharray": edge.person || edge.undeclared ? "6 4" : null }),
    arrow(x(end), end[2], angle, edge),
    shape("path", { class: "reach", d: line }),
    ...label,
  );
}

function arrow(x, y, angle, edge) {
  const half = 3.5 + edge.width / 2;
  const turned = (along, beside) => [
    (x + along * Math.cos(angle) - beside * Math.sin(angle)).toFixed(1),
    (y + along * Math.sin(angle) + beside * Math.cos(angle)).toFixed(1),
  ].join(",");
  return shape("polygon", { points: [turned(8, 0), turned(-2, half), turned(-2, -half)].join(" "), fill: edge.colour });
}

function agentShape(agent, x, letters, width) {
  const fitting = Math.min(letters, Math.floor((2 * Math.min(x, width - x)) / 7.4));
  const { radius, y } = agent;
  const turn = `rotate(-90 ${x} ${y})`;
  const ring = { cx: x, cy: y, r: radius - 2.5, "stroke-width": 5, pathLength: 100 };
  const group = shapeLink(agent.link, { class: "agent", "aria-label": `${agent.shown}, ${agent.below}` },
  shape("rect", { class: "reach", x: x - radius - 8, y: y - radius - 4, width: 2 * radius + 16, height: 2 * radius + 42 }),
  shape("circle", { class: "disc", cx: x, cy: y, r: radius }));
  if (agent.person) {
    group.append(
      shape("circle", { cx: x, cy: y, r: radius - 1, fill: "none", stroke: agent.colour, "stroke-width": 2, "stroke-dasharray": "5 3" }),
      shape("circle", { cx: x, cy: y - radius * 0.22, r: radius * 0.24, fill: agent.colour }),
      shape("path", { d: `M${x - radius * 0.45} ${y + radius * 0.52}a${radius * 0.45} ${radius * 0.45} 0 0 1 ${radius * 0.9} 0z`, fill: agent.colour }),
    );
  } else {
    group.append(shape("circle", { class: "track", ...ring, pathLength: null }));
    if (agent.undeclared) {
      group.append(shape("circle", { cx: x, cy: y, r: radius - 1, fill: "none", stroke: agent.colour, "stroke-width": 2, "stroke-dasharray": "5 3" }));
    } else if (agent.rate !== null) {
      group.append(shape("circle", {
        class: "ring", ...ring, stroke: agent.colour, "stroke-dasharray": `${agent.rate * 100} 100`, transform: turn,
      }));
    }
    group.append(shape("text", { class: "inside", x, y: y + 4, "text-anchor": "middle" }, agent.inside));
  }
  group.append(
    shape("text", { class: "name", x, y: y + radius + 17, "text-anchor": "middle" }, shortened(agent.shown, fitting)),
    shape("text", { class: "below", x, y: y + radius + 32, "text-anchor": "middle" }, agent.below),
  );
  if (agent.badge) {
    const wide = 10 + agent.badge.text.length * 6;
    group.append(shape("g", { class: "badge" },
      shape("rect", { x: x + radius * 0.55, y: y - radius - 5, width: wide, height: 16, rx: 8, fill: agent.badge.colour }),
      shape("text", { x: x + radius * 0.55 + wide / 2, y: y - radius + 7, "text-anchor": "middle" }, agent.badge.text),
    ));
  }
  return group;
}

function legend(entries) {
  return element("div", { class: "legend" }, entries.map((entry) => {
    const swatch = element("i");
    swatch.style.background = entry.dashed ? `repeating-linear-gradient(90deg, ${entry.colour} 0 5px, transparent 5px 8px)` : entry.colour;
    return element("span", {}, entry.colour ? swatch : null, entry.says);
  }));
}
