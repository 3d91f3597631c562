// All texts in sight that stand out less than `least` from what is behind them.
function faintTexts(least) {
  const channels = (colour) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, under, strength = 1) => {
    const alpha = top[3] * strength;
    return [0, 1, 2].map((i) => top[i] * alpha + under[i] * (1 - alpha));
  };
  // Relative luminance and contrast ratio as WCAG 2.2 defines them.
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const parent = (element) => element.parentElement ?? element.getRootNode().host;
  const lineage = (element) => {
    const found = [];
    for (let one = element; one; one = parent(one)) found.push(one);
    return found;
  };
  const behind = (elements) => {
    let colour = [255, 255, 255];
    for (const one of elements.toReversed()) {
      colour = over(channels(getComputedStyle(one).backgroundColor), colour);
    }
    return colour;
  };
  const isInSight = (element) => {
    const box = element.getBoundingClientRect();
    return (
      box.width > 1 && box.height > 1 &&
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    );
  };
  const faint = [];
  const check = (element, text, pseudo) => {
    const elements = lineage(element);
    // WCAG asks nothing of what cannot be used just now.
    if (elements.some((one) => one.disabled || one.ariaDisabled === "true")) return;
    const style = getComputedStyle(element, pseudo);
    const strength = elements.reduce((all, one) => all * getComputedStyle(one).opacity, 1);
    const background = behind(elements);
    const isDrawn = element instanceof SVGElement;
    const ink = over(channels(isDrawn ? style.fill : style.color), background, strength);
    const found = ratio(ink, background);
    if (found < least) faint.push(`${found.toFixed(2)} ${text.trim().slice(0, 60)}`);
  };
  const visit = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) visit(element.shadowRoot);
      if (["SCRIPT", "STYLE", "CANVAS", "OPTION"].includes(element.tagName)) continue;
      if (!isInSight(element)) continue;
      if (element.placeholder && !element.value) check(element, element.placeholder, "::placeholder");
      const text = [...element.childNodes]
        .filter((node) => node.nodeType === Node.TEXT_NODE)
        .map((node) => node.textContent)
        .join("");
      if (text.trim()) check(element, text);
    }
  };
  visit(document);
  return faint;
}
