// Filters of the list as menus, and those that are set as chips that can be taken off.
import { CHOICES, NO_FILTER } from "./film_order.js";
import { made } from "./film_row.js";

const HEADINGS = {
  statuses: "Status",
  predictions: "Prediction",
  verdicts: "Verdict",
  readers: "Reader",
  tags: "Tags",
};
const LIMITS = [
  ["lowest", "At least"],
  ["highest", "At most"],
];

export class FilterMenus {
  #words = new Map(); // of choices, as their counts may be gone by now

  constructor(root, order, settings) {
    this.order = order;
    this.settings = settings;
    this.bar = root.querySelector(".menus");
    this.chips = root.querySelector(".chips");
    this.menus = Object.fromEntries(CHOICES.map((name) => [name, this.#menu(HEADINGS[name])]));
    this.probability = this.#menu("Probability");
    this.#buildLimits();
    if (settings.findings.length) this.bar.prepend(this.#findingPicker());
    this.bar.addEventListener("focusout", (event) => {
      if (!event.relatedTarget || !this.bar.contains(event.relatedTarget)) this.close();
    });
    this.bar.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.bar.querySelector("[aria-expanded=true]")?.focus();
      this.close();
    });
  }

  close() {
    for (const button of this.bar.querySelectorAll("[aria-expanded=true]")) this.#open(button, false);
  }

  draw() {
    const { filter, now } = this.order;
    for (const name of CHOICES) this.#fill(this.menus[name], name, now?.counts[name] ?? [], filter);
    const range = this.probability;
    range.button.classList.toggle("set", filter.lowest > 0 || filter.highest < 1);
    range.place.hidden = !now?.counts.predictions.length && !range.button.classList.contains("set");
    for (const [name, input] of Object.entries(range.inputs))
      if (!input.matches(":focus")) input.value = percentOf(filter[name]);
    if (this.picker) this.picker.value = filter.finding ?? "";
    this.#drawChips(filter);
  }

  #menu(heading) {
    const place = made("div", "menu");
    const button = made("button", "", heading);
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    const panel = made("div", "choices");
    panel.setAttribute("role", "group");
    panel.setAttribute("aria-label", heading);
    panel.hidden = true;
    button.onclick = () => {
      const isOpen = button.getAttribute("aria-expanded") === "true";
      this.close();
      this.#open(button, !isOpen);
    };
    place.append(button, panel);
    this.bar.append(place);
    return { place, button, panel };
  }

  #open(button, isOpen) {
    button.setAttribute("aria-expanded", String(isOpen));
    button.nextSibling.hidden = !isOpen;
    if (isOpen) button.nextSibling.querySelector("input")?.focus();
  }

  #fill({ place, button, panel }, name, counts, filter) {
    const chosen = filter[name];
    for (const { key, text } of counts) this.#words.set(`${name} ${key}`, text);
    const listed = new Map(counts.map((one) => [one.key, one]));
    for (const key of chosen)
      if (!listed.has(key)) listed.set(key, { key, text: this.#wordOf(name, key), count: 0 });
    place.hidden = !listed.size;
    button.classList.toggle("set", chosen.length > 0);
    const drawn = new Map([...panel.querySelectorAll("label")].map((one) => [one.dataset.key, one]));
    for (const [key, one] of drawn) if (!listed.has(key)) one.remove();
    for (const { key, text, count } of listed.values()) {
      let label = drawn.get(key);
      if (!label) {
        label = made("label");
        label.dataset.key = key;
        const box = made("input");
        box.type = "checkbox";
        box.onchange = () => this.#toggle(name, key, box.checked);
        label.append(box, made("span"), made("span", "count"));
        panel.append(label);
      }
      const [box, words, number] = label.children;
      box.checked = chosen.includes(key);
      words.textContent = text;
      number.textContent = count.toLocaleString("en");
    }
  }

  #wordOf(name, key) {
    return this.#words.get(`${name} ${key}`) ?? this.settings.words[key] ?? key;
  }

  #toggle(name, key, isChosen) {
    const others = this.order.filter[name].filter((one) => one !== key);
    this.order.choose({ [name]: isChosen ? [...others, key] : others });
  }

  #buildLimits() {
    const { panel } = this.probability;
    this.probability.inputs = {};
    for (const [name, words] of LIMITS) {
      const label = made("label", "limit", words);
      const input = made("input");
      Object.assign(input, { type: "number", min: 0, max: 100, step: 1 });
      input.onchange = () => {
        const value = Math.min(100, Math.max(0, Number(input.value || percentOf(NO_FILTER[name]))));
        this.order.choose({ [name]: value / 100 });
      };
      label.append(input, made("span", "", "%"));
      panel.append(label);
      this.probability.inputs[name] = input;
    }
  }

  #findingPicker() {
    const label = made("label", "finding", "Finding");
    this.picker = made("select");
    const every = made("option", "", "All findings");
    every.value = "";
    this.picker.append(every);
    for (const { key, text } of this.settings.findings) {
      const option = made("option", "", text);
      option.value = key;
      this.picker.append(option);
    }
    // Status and prediction are of the finding, so that filters on them end with it.
    this.picker.onchange = () =>
      this.order.choose({ finding: this.picker.value || null, statuses: [], predictions: [] });
    label.append(this.picker);
    return label;
  }

  #drawChips(filter) {
    const chips = CHOICES.flatMap((name) =>
      filter[name].map((key) => [
        `${HEADINGS[name]}: ${this.#wordOf(name, key)}`,
        () => this.#toggle(name, key, false),
      ]),
    );
    for (const [name, words] of LIMITS)
      if (filter[name] !== NO_FILTER[name])
        chips.push([
          `${words} ${percentOf(filter[name])} %`,
          () => this.order.choose({ [name]: NO_FILTER[name] }),
        ]);
    if (filter.text) chips.push([`Name: ${filter.text}`, () => this.order.choose({ text: "" })]);
    const buttons = chips.map(([words, remove]) => chip(words, `${words}, take off`, remove));
    if (buttons.length > 1) buttons.push(chip("Clear all", "Clear all filters", () => this.order.clear()));
    this.chips.replaceChildren(...buttons);
    this.chips.hidden = !buttons.length;
  }
}

function chip(words, label, act) {
  const button = made("button", "chip", words === "Clear all" ? words : `${words} ✕`);
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.onclick = act;
  return button;
}

function percentOf(value) {
  return Math.round(100 * value);
}
