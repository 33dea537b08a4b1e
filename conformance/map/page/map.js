"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const START = 60; // nodes drawn at first
  const FEW = 30; // … of a picture in columns, where these are too many
  const MANY = 80; // arrows, with which each is drawn fainter
  const SHOWN = 150; // entries of a list

  // Okabe and Ito's colours, told apart by every kind of sight; names and shapes say the same.
  const HUES = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999"];
  const SHAPES = {
    module: "rectangle", endpoint: "round-rectangle", alias: "tag", provider: "rectangle", "app.state key": "barrel",
    enqueue: "rhomboid", "worker settings": "cut-rectangle", task: "round-rectangle", "ctx key": "barrel",
    "start-up line": "hexagon", release: "octagon",
  };

  const SLANTED = { rhomboid: 70, hexagon: 44, tag: 30, octagon: 20, "cut-rectangle": 10 }; // what a shape takes from its text
  const FIRST = new Set(["endpoint", "enqueue", "worker settings"]);

  // --- what is drawn ---------------------------------------------------------------------------------------------

  const graphs = data.graphs.map((graph) => {
    const byId = new Map(graph.nodes.map((node) => [node.id, node]));
    const out = new Map(graph.nodes.map((node) => [node.id, []]));
    const into = new Map(graph.nodes.map((node) => [node.id, []]));
    for (const edge of graph.edges) {
      out.get(edge.source).push(edge);
      into.get(edge.target).push(edge);
    }
    const roots = new Set(graph.nodes.map((node) => node.within[1]));
    const prefix = roots.size === 1 ? [...roots][0] + "." : "";
    const groups = [...new Set(graph.nodes.map((node) => node.within[0]))];
    return { ...graph, byId, prefix, out, into, groups, open: new Set(), hidden: new Set(groups.filter((g) => g === "tests")), fresh: true };
  });
  let graph = graphs[0];
  let picked = null; // { type: "node" | "package" | "edge" | "finding", … }
  let drawn = new Map(); // id of a leaf → id of what stands for it in the picture
  let cy = null;

  const rule = () => $("rule").value;
  const hue = (group) => HUES[graph.groups.indexOf(group) % HUES.length];
  const hits = (thing) => (rule() ? thing.findings.filter((n) => data.findings[n].rule === rule()) : thing.findings);

  function leaves() {
    let nodes = graph.nodes.filter((node) => !graph.hidden.has(node.within[0]));
    if (rule()) {
      const kept = new Set(nodes.filter((node) => hits(node).length).map((node) => node.id));
      for (const edge of graph.edges) if (hits(edge).length) kept.add(edge.source).add(edge.target);
      nodes = nodes.filter((node) => kept.has(node.id));
    }
    return nodes;
  }

  function tree(nodes) {
    const root = { key: "", parts: [], inner: new Map(), leaves: [], size: 0 };
    for (const node of nodes) {
      let at = root;
      at.size += 1;
      for (const part of node.within) {
        if (!at.inner.has(part)) at.inner.set(part, { key: at.key + "/" + part, parts: [...at.parts, part], inner: new Map(), leaves: [], size: 0 });
        at = at.inner.get(part);
        at.size += 1;
      }
      at.leaves.push(node);
    }
    return root;
  }

  const parts = (at) => [...at.inner.values()];
  const isThrough = (at) => at.inner.size + at.leaves.length === 1;

  // What stands in the picture: packages that are closed, nodes of those that are open.
  function frontier(root) {
    const shown = [];
    const visit = (at) => {
      if (at.size === 1 || at.key === "" || isThrough(at) || graph.open.has(at.key)) {
        shown.push(...at.leaves.map((node) => ({ id: node.id, node, nodes: [node], group: node.within[0] })));
        parts(at).forEach(visit);
      } else shown.push({ id: "package:" + at.key, at, nodes: all(at), group: at.parts[0] });
    };
    visit(root);
    return shown;
  }

  const all = (at) => [...at.leaves, ...parts(at).flatMap(all)];

  function openMore(limit) {
    const root = tree(leaves());
    for (;;) {
      const shown = frontier(root);
      const closed = shown.filter((one) => one.at).sort((a, b) => b.nodes.length - a.nodes.length);
      const next = closed.find((one) => shown.length - 1 + one.at.inner.size + one.at.leaves.length <= limit);
      if (!next) return;
      graph.open.add(next.at.key);
    }
  }

  function openNext() {
    const before = graph.open.size;
    const shown = frontier(tree(leaves()));
    openMore(shown.length + START);
    const biggest = shown.filter((one) => one.at).sort((a, b) => b.nodes.length - a.nodes.length)[0];
    if (graph.open.size === before && biggest) graph.open.add(biggest.at.key);
  }

  function elements() {
    const shown = frontier(tree(leaves()));
    drawn = new Map(shown.flatMap((one) => one.nodes.map((node) => [node.id, one.id])));
    const boxed = graph.name === "modules";
    const found = [];
    if (boxed) for (const group of new Set(shown.map((one) => one.group))) found.push({ data: { id: "group:" + group, label: group }, classes: "group" });
    for (const one of shown) {
      const bad = new Set(one.nodes.flatMap(hits)).size;
      const full = one.node ? one.node.label : one.at.parts.slice(1).join(".") || one.group;
      const short = full.startsWith(graph.prefix) ? full.slice(graph.prefix.length) : full;
      const name = one.node ? short : short + "\n" + one.nodes.length + " " + (boxed ? "modules" : several(one.group));
      found.push({
        data: { id: one.id, parent: boxed ? "group:" + one.group : undefined, label: wrapped(name) + (bad ? "\n✗ " + bad : ""), one, colour: hue(one.group), shape: one.node ? SHAPES[one.node.kind] : "round-rectangle" },
        classes: (one.node ? "leaf" : "package") + (bad ? " bad" : ""),
      });
    }
    const bundles = new Map();
    for (const edge of graph.edges) {
      const source = drawn.get(edge.source);
      const target = drawn.get(edge.target);
      if (!source || !target || source === target) continue;
      const key = source + "\u0000" + target;
      if (!bundles.has(key)) bundles.set(key, { source, target, edges: [] });
      bundles.get(key).edges.push(edge);
    }
    for (const [key, bundle] of bundles) {
      const bad = new Set(bundle.edges.flatMap(hits));
      const rules = [...new Set([...bad].map((n) => data.findings[n].rule))];
      found.push({
        data: { id: "edge:" + key, source: bundle.source, target: bundle.target, edges: bundle.edges, label: rules.length ? "✗ " + rules.slice(0, 3).join(" ") + (rules.length > 3 ? " …" : "") : "" },
        classes: (bad.size ? "bad" : "") + (bundle.edges.every((edge) => edge.light) ? " light" : ""),
      });
    }
    return found;
  }

  const several = (word) => (word.endsWith("settings") ? word : word + (word.endsWith("s") ? "es" : "s"));

  // Long dotted names break behind their dots.
  function wrapped(name) {
    return name.split("\n").map((line) => {
      const rows = [""];
      for (const part of line.split(/(?<=[._/ ])/)) {
        if (rows.at(-1).length + part.length > 26 && rows.at(-1)) rows.push("");
        rows[rows.length - 1] += part;
      }
      return rows.join("\n");
    }).join("\n");
  }

  // --- layout and drawing ----------------------------------------------------------------------------------------

  function measure(found) {
    for (const { data: one } of found) {
      if (!one.one) continue;
      const rows = one.label.split("\n");
      one.width = Math.max(...rows.map((row) => row.length)) * 7.2 + 16 + (SLANTED[one.shape] || 0);
      one.height = rows.length * 15 + 10;
    }
  }

  function laidOut(nodes, edges, rankdir, ranksep) {
    const plan = new dagre.graphlib.Graph();
    plan.setGraph({ rankdir, nodesep: nodes.some((one) => one.one) ? 14 : 40, edgesep: 4, ranksep, ranker: nodes.length > 300 ? "longest-path" : "network-simplex" });
    plan.setDefaultEdgeLabel(() => ({}));
    for (const { id, width, height } of nodes) plan.setNode(id, { width, height });
    for (const [source, target] of edges) plan.setEdge(source, target);
    if (nodes.some((one) => one.one)) {
      // What comes first stands in the first column; what nothing leads to stands no further left than its like.
      const led = new Set(edges.map(([, target]) => target));
      plan.setNode("first", { width: 1, height: 1 });
      for (const { id, one } of nodes) {
        if (FIRST.has(one.group)) plan.setEdge("first", id, { weight: 40 });
        else if (!led.has(id)) plan.setEdge("first", id, { minlen: graph.groups.indexOf(one.group) + 1 });
      }
    }
    dagre.layout(plan);
    return plan;
  }

  // Injection and the worker flow from left to right; modules stand in a box for each role, and the boxes flow.
  function positions(found) {
    measure(found);
    const nodes = found.filter((one) => one.data.one).map((one) => one.data);
    const edges = found.filter((one) => one.data.source).map((one) => [one.data.source, one.data.target]);
    const wanted = $("graph").clientWidth / Math.max(1, $("graph").clientHeight);
    if (graph.name !== "modules") {
      const plan = laidOut(nodes, edges, "LR", 46);
      const flat = plan.graph().width / plan.graph().height / wanted;
      const [wider, taller] = [1 / flat, flat].map((by) => Math.min(4, Math.max(1, by)));
      return new Map(nodes.map(({ id }) => [id, { x: plan.node(id).x * wider, y: plan.node(id).y * taller }]));
    }
    const boxes = [...new Set(nodes.map((one) => one.parent))].map((id) => ({ id, ...grid(nodes.filter((one) => one.parent === id)) }));
    const home = new Map(nodes.map((one) => [one.id, one.parent]));
    const between = edges.map(([source, target]) => [home.get(source), home.get(target)]).filter(([source, target]) => source !== target);
    const off = (plan) => Math.abs(Math.log(plan.graph().width / plan.graph().height / wanted));
    const plan = ["TB", "LR"].map((way) => laidOut(boxes, between, way, 36)).sort((one, other) => off(one) - off(other))[0];
    const at = new Map();
    for (const box of boxes) {
      const { x, y } = plan.node(box.id);
      for (const [id, place] of box.places) at.set(id, { x: x - box.width / 2 + place.x, y: y - box.height / 2 + place.y });
    }
    return at;
  }

  // Nodes in columns, so many that the box is about as wide as a page.
  function grid(nodes) {
    const gap = 10;
    const plan = (columns) => {
      const rows = Math.ceil(nodes.length / columns);
      const places = new Map();
      let x = gap;
      let height = 0;
      for (let start = 0; start < nodes.length; start += rows) {
        const column = nodes.slice(start, start + rows);
        const width = Math.max(...column.map((one) => one.width));
        let y = gap + 26;
        for (const one of column) {
          places.set(one.id, { x: x + width / 2, y: y + one.height / 2 });
          y += one.height + gap;
        }
        height = Math.max(height, y);
        x += width + gap;
      }
      return { places, width: x, height };
    };
    let best = plan(1);
    for (let columns = 2; columns <= nodes.length && best.width < best.height * 1.3; columns += 1) best = plan(columns);
    return best;
  }

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function look() {
    const [ink, dim, line, edge, bad, pick, node] = ["--ink", "--dim", "--line", "--edge", "--bad", "--pick", "--node"].map(colour);
    return [
      { selector: "node", style: { label: "data(label)", "text-valign": "center", "text-halign": "center", "text-wrap": "wrap", "font-size": 12, "font-family": "system-ui, sans-serif", color: ink, "background-color": node } },
      { selector: "node[width]", style: { width: "data(width)", height: "data(height)", shape: "data(shape)", "border-width": 2, "border-color": "data(colour)" } },
      { selector: "node.package", style: { "border-style": "double", "border-width": 5, "font-weight": "bold" } },
      { selector: "node.bad", style: { "border-color": bad, "border-width": 5, color: bad } },
      { selector: "node.group", style: { shape: "round-rectangle", "text-valign": "top", "text-halign": "center", "font-size": 20, "font-weight": "bold", color: dim, "background-color": line, "background-opacity": 0.18, "border-width": 1, "border-color": line, "border-style": "solid", padding: 14 } },
      { selector: "edge", style: { width: 1.2, "line-color": edge, "target-arrow-color": edge, "target-arrow-shape": "triangle", "arrow-scale": 0.9, "curve-style": "bezier", opacity: cy && cy.edges().length > MANY ? 0.25 : 0.5 } },
      { selector: "edge.light", style: { "line-style": "dashed" } },
      { selector: "edge.bad", style: { width: 3.5, "line-color": bad, "target-arrow-color": bad, opacity: 1, label: "data(label)", "font-size": 11, color: bad, "text-background-color": node, "text-background-opacity": 0.9, "text-background-padding": 2, "z-index": 5 } },
      { selector: ".far", style: { opacity: 0.15 } },
      { selector: "node.near", style: { "border-width": 5 } },
      { selector: "edge.near", style: { width: 3, opacity: 1 } },
      { selector: "edge.under", style: { width: 3, opacity: 1 } },
      { selector: ".picked", style: { "border-color": pick, "border-width": 7, "line-color": pick, "target-arrow-color": pick } },
    ];
  }

  function draw({ keep = false } = {}) {
    if (graph.fresh) {
      graph.fresh = false;
      openMore(graph.name === "modules" || leaves().length <= START ? START : FEW);
    }
    const found = elements();
    const view = keep && cy ? { zoom: cy.zoom(), pan: { ...cy.pan() } } : null;
    const place = positions(found);
    if (cy) cy.destroy();
    cy = cytoscape({ container: $("graph"), elements: found, style: look(), layout: { name: "preset", positions: (node) => place.get(node.id()) || { x: 0, y: 0 }, fit: true, padding: 20 }, minZoom: 0.02, maxZoom: 3, autoungrabify: true, boxSelectionEnabled: false });
    cy.style(look());
    if (view) cy.viewport(view);
    cy.on("mouseover", "node", (event) => event.target.connectedEdges().addClass("under"));
    cy.on("mouseout", "node", (event) => event.target.connectedEdges().removeClass("under"));
    cy.on("tap", "node.leaf", (event) => pick({ type: "node", node: event.target.data("one").node }));
    cy.on("tap", "node.package", (event) => openPackage(event.target.data("one").at.key));
    cy.on("tap", "edge", (event) => pick({ type: "edge", edges: event.target.data("edges") }));
    cy.on("tap", (event) => { if (event.target === cy) pick(null); });
    const nodes = found.filter((one) => one.data.one).length;
    const broken = new Set(leaves().flatMap(hits)).size;
    $("told").textContent = `${graph.title}: ${leaves().length} of ${graph.nodes.length} nodes, drawn as ${nodes}; findings on them: ${broken}.`;
    mark();
    window.drawnMap = { nodes, zoom: () => cy.zoom() };
  }

  // What is picked, and what is next to it, stands out; so does what the search names.
  function mark() {
    cy.elements().removeClass("far near picked");
    const query = $("search").value.trim().toLowerCase();
    if (picked && picked.type === "node" && drawn.has(picked.node.id)) {
      const at = cy.getElementById(drawn.get(picked.node.id));
      const near = graph.name === "modules" ? at.closedNeighborhood() : at.successors().union(at.predecessors()).union(at);
      cy.elements().not(near).not(".group").addClass("far");
      near.edges().addClass("near");
      at.addClass("picked");
    } else if (picked && picked.type === "finding") {
      for (const id of drawnFor(picked.number)) cy.getElementById(id).addClass("picked");
    } else if (query) {
      cy.nodes().not(".group").forEach((node) => { if (!node.data("one").nodes.some((one) => matches(one, query))) node.addClass("far"); });
      cy.edges().addClass("far");
    }
  }

  // What stands in the picture for a finding: its nodes, and the arrows that it is about.
  function drawnFor(number) {
    const ids = graph.nodes.filter((node) => node.findings.includes(number)).map((node) => drawn.get(node.id));
    const arrows = graph.edges.filter((edge) => edge.findings.includes(number)).map((edge) => "edge:" + drawn.get(edge.source) + "\u0000" + drawn.get(edge.target));
    return [...ids, ...arrows].filter(Boolean);
  }

  const matches = (node, query) => (node.label + " " + node.path).toLowerCase().includes(query);

  function openPackage(key) {
    graph.open.add(key);
    draw();
    say(`opened ${key.slice(1).replaceAll("/", ".")}`);
  }

  // Take apart what hides a node, and bring it into the middle.
  function reveal(node) {
    graph.hidden.delete(node.within[0]);
    let key = "";
    for (const part of node.within) graph.open.add((key += "/" + part));
    groups();
    draw();
    const at = cy.getElementById(node.id);
    if (at.length) cy.animate({ center: { eles: at }, zoom: Math.max(cy.zoom(), 0.9), duration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200 });
  }

  function closeAround(node) {
    let key = node.within.map((_, end) => "/" + node.within.slice(0, end + 1).join("/")).reverse().find((each) => graph.open.has(each));
    if (key) { graph.open.delete(key); draw({ keep: true }); }
  }

  // --- lists and details -----------------------------------------------------------------------------------------

  function made(tag, attributes, ...inner) {
    const one = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "onclick") one.addEventListener("click", value);
      else one.setAttribute(name, value);
    }
    one.append(...inner.filter((each) => each !== null && each !== undefined));
    return one;
  }

  const where = (thing) => (thing.path ? made("span", { class: "where" }, `${thing.path}:${thing.line}`) : null);
  const counted = (number, one) => `${number} ${one}${number === 1 ? "" : "s"}`;
  const say = (text) => { $("told").textContent = text; };

  function nodeButton(node, said) {
    return made("li", {}, made("button", { type: "button", onclick: () => { pick({ type: "node", node }); reveal(node); } },
      said ? `${said} ` : "", `${node.label} `, node.findings.length ? made("span", { class: "bad" }, `✗ ${node.findings.length} `) : null, made("span", { class: "dim" }, node.kind === "module" ? node.within[0] : node.kind)));
  }

  function findingButton(number) {
    const finding = data.findings[number];
    return made("li", {}, made("button", { type: "button", "data-finding": String(number), onclick: () => pick({ type: "finding", number }) },
      made("span", { class: "bad" }, `✗ ${finding.rule} `), finding.message, " ", where(finding)));
  }

  function list() {
    const query = $("search").value.trim().toLowerCase();
    const numbers = data.findings.map((_, number) => number).filter((number) => {
      const finding = data.findings[number];
      return finding.status !== "suppressed" && (!rule() || finding.rule === rule()) && `${finding.rule} ${finding.name} ${finding.message} ${finding.path}`.toLowerCase().includes(query);
    });
    const nodes = query ? leaves().filter((node) => matches(node, query)) : [];
    $("listed").textContent = (query ? `${counted(nodes.length, "node")} and ` : "") + counted(numbers.length, "finding");
    const entries = [...nodes.slice(0, SHOWN).map((node) => nodeButton(node)), ...numbers.slice(0, SHOWN).map(findingButton)];
    const more = Math.max(0, nodes.length - SHOWN) + Math.max(0, numbers.length - SHOWN);
    if (more) entries.push(made("li", { class: "dim" }, `and ${more} more: search, or choose a rule`));
    $("list").replaceChildren(...entries);
  }

  function pick(what) {
    picked = what;
    address(what && what.type === "finding" ? "#finding=" + data.findings[what.number].id : "");
    const shown = what === null ? [] : what.type === "node" ? ofNode(what.node) : what.type === "edge" ? ofEdge(what.edges) : ofFinding(what.number);
    $("details").replaceChildren(...shown);
    if (what) document.querySelector("aside").scrollTop = 0;
    if (cy) mark();
  }

  // The address names the finding that is shown, so that it can be copied and sent.
  function address(hash) {
    if (location.hash === hash) return;
    history.replaceState(null, "", location.pathname + location.search + hash);
  }

  function follow() {
    const name = new URLSearchParams(location.hash.slice(1)).get("finding");
    if (name === null) return;
    const number = data.findings.findIndex((finding) => finding.id === name);
    if (number < 0) { say("There is no such finding in this map: it may be mended, or have moved."); return; }
    const has = (one) => one.nodes.some((node) => node.findings.includes(number)) || one.edges.some((edge) => edge.findings.includes(number));
    const home = has(graph) ? graph : graphs.find(has);
    if (home && home !== graph) show(home.name);
    const node = home && home.nodes.find((one) => one.findings.includes(number));
    if (node) reveal(node);
    pick({ type: "finding", number });
    $("details").focus();
  }

  function copyLink(event) {
    const button = event.target;
    const done = () => { button.textContent = "Copied"; };
    const select = () => { const field = $("address"); field.hidden = false; field.value = location.href; field.focus(); field.select(); };
    if (navigator.clipboard) navigator.clipboard.writeText(location.href).then(done, select);
    else select();
  }

  function ofNode(node) {
    const sides = [["Leads to", graph.out.get(node.id), "target"], ["Comes from", graph.into.get(node.id), "source"]];
    return [
      made("h2", {}, `${node.kind}: ${node.label}`),
      made("p", {}, where(node)),
      node.roles.length ? made("dl", {}, ...node.roles.flatMap(([role, why]) => [made("dt", {}, role), made("dd", { class: "dim" }, why)])) : null,
      ...(node.findings.length ? [made("h3", {}, "Findings"), made("ul", {}, ...node.findings.slice(0, SHOWN).map(findingButton))] : []),
      ...sides.flatMap(([title, edges, end]) => edges.length ? [made("h3", {}, `${title} (${edges.length})`), made("ul", {}, ...edges.slice(0, SHOWN).map((edge) => nodeButton(graph.byId.get(edge[end]), end === "target" ? edge.label : "")))] : []),
      made("p", {}, made("button", { type: "button", onclick: () => closeAround(node) }, "Close its package")),
    ].filter(Boolean);
  }

  function ofEdge(edges) {
    const one = (edge) => made("li", {},
      made("button", { type: "button", onclick: () => { const node = graph.byId.get(edge.source); pick({ type: "node", node }); reveal(node); } }, `${graph.byId.get(edge.source).label} ${edge.label} ${graph.byId.get(edge.target).label} `, where(edge)),
      edge.findings.length ? made("ul", {}, ...edge.findings.map(findingButton)) : null);
    const ordered = [...edges].sort((a, b) => b.findings.length - a.findings.length);
    return [made("h2", {}, edges.length === 1 ? "An arrow" : `${edges.length} arrows drawn as one`), made("ul", {}, ...ordered.slice(0, SHOWN).map(one))];
  }

  function ofFinding(number) {
    const finding = data.findings[number];
    const page = data.rules[finding.rule] || {};
    const home = graph.nodes.find((node) => node.findings.includes(number));
    return [
      made("h2", { class: "bad" }, `✗ ${finding.rule} ${finding.name}`),
      made("p", {}, finding.message, " ", finding.severity === "advice" ? made("span", { class: "dim" }, "(advice) ") : null, finding.status === "baselined" ? made("span", { class: "dim" }, "(recorded) ") : null, where(finding)),
      made("pre", {}, ...finding.code.map(([line, text]) => made("span", line === finding.line ? { class: "hit" } : {}, `${String(line).padStart(4)}  ${text}`))),
      made("h3", {}, "Write instead"), made("p", {}, finding.instead), page.instead ? made("p", { class: "dim" }, page.instead) : null,
      ...(finding.trail.length ? [made("h3", {}, "How it comes to that"), made("ul", {}, ...finding.trail.map((step) => made("li", {}, `${step.text} `, where(step))))] : []),
      page.why ? made("h3", {}, "Why") : null, page.why ? made("p", {}, page.why) : null,
      made("p", { class: "dim" }, finding.source),
      made("p", {}, made("a", { href: "#finding=" + finding.id }, "Link to this finding"), " ", made("button", { type: "button", id: "copy", onclick: copyLink }, "Copy"), " ",
        made("input", { id: "address", type: "text", readonly: "", hidden: "", "aria-label": "The link" })),
      home ? made("p", {}, made("button", { type: "button", id: "show", onclick: () => { pick({ type: "node", node: home }); reveal(home); } }, `Show ${home.label} in the picture`)) : null,
    ].filter(Boolean);
  }

  // --- controls --------------------------------------------------------------------------------------------------

  function show(name) {
    graph = graphs.find((one) => one.name === name);
    for (const tab of $("views").children) {
      const chosen = tab.dataset.view === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    pick(null);
    groups();
    draw();
    list();
    legend();
  }

  function groups() {
    $("groups").querySelector("div").replaceChildren(...graph.groups.map((group) => {
      const box = made("input", { type: "checkbox" });
      box.checked = !graph.hidden.has(group);
      box.addEventListener("change", () => { graph.hidden[box.checked ? "delete" : "add"](group); draw(); list(); });
      const number = graph.nodes.filter((node) => node.within[0] === group).length;
      return made("label", {}, box, swatch(group), `${group} (${number})`);
    }));
  }

  function swatch(group) {
    const one = made("span", { class: "swatch", "aria-hidden": "true" });
    one.style.backgroundColor = hue(group);
    return one;
  }

  function legend() {
    const shapes = graph.name === "modules" ? ["a box holds the modules of one role"] : graph.groups.map((group) => `${group}: ${SHAPES[group]}`);
    $("legend").querySelector("div").replaceChildren(made("ul", {}, ...[
      "✗ and a thick red line: a finding on it; the number says how many",
      "double line: a package that is closed; click or Enter opens it",
      "dashed arrow: an import for type checkers only",
      ...shapes,
      "/ search · 1 2 3 views · 0 all of it · + − zoom · arrows from node to node · Enter open · Backspace close its package · Escape leave",
    ].map((text) => made("li", {}, text))));
  }

  function theme(name) {
    document.documentElement.dataset.theme = name;
    $("theme").textContent = name === "dark" ? "Light" : "Dark";
    if (cy) cy.style(look());
  }

  // The next node in a direction: near, and not far to the side.
  function step(dx, dy) {
    const nodes = cy.nodes().not(".group");
    const current = picked && picked.type === "node" && drawn.has(picked.node.id) ? cy.getElementById(drawn.get(picked.node.id)) : under;
    const from = current && current.length && current.inside() ? current.position() : null;
    let best = null;
    let least = Infinity;
    nodes.forEach((node) => {
      const to = node.position();
      if (from === null) { const far = to.x + to.y; if (far < least) { least = far; best = node; } return; }
      const along = (to.x - from.x) * dx + (to.y - from.y) * dy;
      const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
      if (along > 1 && along + 2 * aside < least) { least = along + 2 * aside; best = node; }
    });
    if (best) stand(best);
  }

  let under = null; // the node that the keyboard stands on
  function stand(node) {
    under = node;
    const one = node.data("one");
    if (one.node) pick({ type: "node", node: one.node });
    else { pick(null); node.addClass("picked"); }
    say(one.node ? `${one.node.kind} ${one.node.label}, ${one.node.findings.length} findings` : `closed package ${one.at.parts.join(".")}, ${one.nodes.length} inside`);
    cy.center(node);
  }

  $("graph").addEventListener("keydown", (event) => {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (ways[event.key]) step(...ways[event.key]);
    else if (event.key === "Enter" && under && under.inside()) { const one = under.data("one"); one.at ? openPackage(one.at.key) : $("details").focus(); }
    else if (event.key === "Backspace" && picked && picked.type === "node") closeAround(picked.node);
    else if (event.key === "+" || event.key === "-") cy.zoom({ level: cy.zoom() * (event.key === "+" ? 1.25 : 0.8), renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
    else return;
    event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { $("groups").open = false; pick(null); $("graph").focus(); return; }
    if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { $("search").focus(); event.preventDefault(); }
    else if (event.key === "0") cy.fit(undefined, 20);
    else if (graphs[Number(event.key) - 1]) show(graphs[Number(event.key) - 1].name);
  });

  for (const one of graphs) {
    $("views").append(made("button", { type: "button", role: "tab", "data-view": one.name, onclick: () => show(one.name) }, `${one.name[0].toUpperCase()}${one.name.slice(1)} (${one.nodes.length})`));
  }
  $("views").addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!move) return;
    const next = graphs[(graphs.indexOf(graph) + move + graphs.length) % graphs.length];
    show(next.name);
    $("views").querySelector('[aria-selected="true"]').focus();
  });
  $("rule").append(made("option", { value: "" }, "all rules"));
  const counts = new Map();
  for (const finding of data.findings) counts.set(finding.rule, (counts.get(finding.rule) || 0) + 1);
  for (const [id, number] of [...counts].sort()) $("rule").append(made("option", { value: id }, `${id} ${data.rules[id] ? data.rules[id].name : ""} (${number})`));
  $("rule").addEventListener("change", () => { graph.open.clear(); openMore(START); draw(); list(); });
  $("search").addEventListener("input", () => { list(); mark(); });
  $("search").addEventListener("keydown", (event) => { if (event.key === "Enter") { const first = $("list").querySelector("button"); if (first) first.click(); } });
  $("open").addEventListener("click", () => { openNext(); draw(); });
  $("close").addEventListener("click", () => { graph.open.clear(); draw(); });
  $("fit").addEventListener("click", () => cy.fit(undefined, 20));
  $("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  theme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const asked = location.hash;
  show("modules");
  address(asked);
  follow();
  window.addEventListener("hashchange", follow);
})();
