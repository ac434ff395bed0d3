// Keys on a verifier's page: each leads to what carries its letter in data-shortcut, and decides nothing by itself.
// Without this file everything works by links, buttons and forms.

const SETTING = "mhep-verification-keys";
const legend = document.querySelector("[data-shortcuts]");
const toggle = document.querySelector("[data-shortcuts-switch]");

let areOn = true;
try {
  areOn = localStorage.getItem(SETTING) !== "off";
} catch {
  // Without storage the keys are on, and a choice holds for this page.
}

function turn(on) {
  areOn = on;
  try {
    localStorage.setItem(SETTING, on ? "on" : "off");
  } catch {
    // See above.
  }
}

function isTyping(target) {
  return target.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName);
}

function goTo(element) {
  if (element instanceof HTMLAnchorElement) {
    element.click();
  } else if (element instanceof HTMLDetailsElement) {
    element.open = true;
    element.querySelector("select, input:not([type=hidden]), textarea").focus();
  } else {
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  }
}

if (legend && toggle) {
  legend.hidden = false;
  const label = () => {
    toggle.textContent = areOn ? toggle.dataset.off : toggle.dataset.on;
  };
  toggle.addEventListener("click", () => {
    turn(!areOn);
    label();
  });
  label();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target) || !areOn) {
    return;
  }
  const letter = event.key.toLowerCase();
  const element = /^[a-z]$/.test(letter) && document.querySelector(`[data-shortcut="${letter}"]`);
  if (element) {
    event.preventDefault();
    goTo(element);
  }
});
