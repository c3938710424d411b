// Elements without HTML text: whatever a name holds, it stays text.

const SVG = "http://www.w3.org/2000/svg";

function apply(element, properties, children) {
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key.startsWith(".")) element[key.slice(1)] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An HTML element: `onclick` listens, `.value` sets a property, everything else is an attribute. */
export function h(name, properties, ...children) {
  return apply(document.createElement(name), properties, children);
}

/** An SVG element. */
export function s(name, properties, ...children) {
  return apply(document.createElementNS(SVG, name), properties, children);
}

// Strokes on a 24 × 24 field.
const ICONS = {
  live: "M3 7a2 2 0 0 1 2-2h9a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2zM16 10l5-3v10l-5-3",
  gallery: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  statistics: "M4 20V10M10 20V4M16 20v-7M21 20H3",
  system: "M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01",
  theme: "M12 3v2M12 19v2M5 12H3M21 12h-2M6 6 5 5M19 19l-1-1M18 6l1-1M5 19l1-1M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8",
  play: "M7 4v16l13-8z",
  pause: "M8 5v14M16 5v14",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  grip: "M9 5h.01M15 5h.01M9 12h.01M15 12h.01M9 19h.01M15 19h.01",
  left: "m15 5-7 7 7 7",
  right: "m9 5 7 7-7 7",
  close: "M6 6l12 12M18 6 6 18",
  download: "M12 4v11M7 10l5 5 5-5M4 20h16",
  shield: "M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6z",
  bin: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  camera: "M4 8h4l2-3h4l2 3h4v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7",
  filter: "M4 6h16M7 12h10M10 18h4",
  sound: "M4 10v4h4l5 4V6L8 10zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11",
  boxes: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M9 9h6v6H9z",
  back: "M20 12H5M11 6l-6 6 6 6",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
};

/** A picture that says nothing by itself: what it stands for is written beside it or in its button's label. */
export function icon(name) {
  return s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: ICONS[name] ?? "" }));
}

/** A button that shows an icon only. */
export function iconButton(name, label, onclick, properties) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...properties }, icon(name));
}

/**
 * Makes what an element holds like new children, and leaves alone what is so already: focus, scrolling and selections stay.
 * For what has no listeners.
 */
export function redraw(element, ...children) {
  const wanted = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  wanted.forEach((child, index) => {
    const node = child instanceof Node ? child : document.createTextNode(child);
    const old = element.childNodes[index];
    if (!old) element.append(node);
    else if (old.nodeName !== node.nodeName) old.replaceWith(node);
    else if (node.nodeType === Node.TEXT_NODE) setText(old, node.data);
    else {
      for (const { name } of [...old.attributes]) if (!node.hasAttribute(name)) old.removeAttribute(name);
      for (const { name, value } of [...node.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
      redraw(old, ...node.childNodes);
    }
  });
  while (element.childNodes.length > wanted.length) element.lastChild.remove();
}

/** Sets a text only when it changes: an unchanged one is not read out again, and not laid out. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A value kept in this browser; where nothing can be kept, for this page only. */
export const kept = {
  memory: new Map(),
  get(key, otherwise) {
    try {
      const text = localStorage.getItem(key);
      return text === null ? (this.memory.get(key) ?? otherwise) : JSON.parse(text);
    } catch {
      return this.memory.get(key) ?? otherwise;
    }
  },
  set(key, value) {
    this.memory.set(key, value);
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {}
  },
};
