// Warns five minutes before the sign-in ends. Without JavaScript the next page asks for a sign-in and leads back.
// What was typed into a form by then is given to the server to keep, which stores nothing of it before it is sent.
(() => {
  const WARN = 300; // seconds before the end
  const dialog = document.getElementById("time-left");
  if (!dialog?.showModal) return;
  const shown = dialog.querySelector("[data-time-left]");
  const spoken = dialog.querySelector("[data-time-left-spoken]");
  let end;
  let timer;

  const words = (seconds) => {
    if (seconds <= 60) return seconds === 1 ? "1 second" : `${seconds} seconds`;
    const minutes = Math.ceil(seconds / 60);
    return `${minutes} minutes`;
  };

  const left = () => Math.max(Math.round((end - Date.now()) / 1000), 0);

  const isChanged = ({ tagName, type, value, defaultValue, checked, defaultChecked, options }) => {
    if (tagName === "SELECT") return [...options].some((each) => each.selected !== each.defaultSelected);
    return ["checkbox", "radio"].includes(type) ? checked !== defaultChecked : value !== defaultValue;
  };

  const isKept = (form) => form.elements.once && form.enctype.endsWith("urlencoded");

  const leave = () => {
    const form = [...document.forms].find((each) => isKept(each) && [...each.elements].some(isChanged));
    if (form) {
      const only = document.createElement("input");
      Object.assign(only, { type: "hidden", name: "only_keep", value: "yes" });
      form.append(only);
      form.submit();
      return;
    }
    const here = location.pathname + location.search;
    location.assign(`${dialog.dataset.signIn}?next=${encodeURIComponent(here)}`);
  };

  const restart = (seconds) => {
    end = Date.now() + seconds * 1000;
    clearTimeout(timer);
    timer = setTimeout(check, Math.max(seconds - WARN, 0) * 1000);
  };

  // Another tab may have kept the sign-in up: only the server knows.
  const check = async () => {
    const answer = await fetch(dialog.dataset.ask, { headers: { "HX-Request": "true" } }).catch(() => null);
    const { seconds } = answer?.ok ? await answer.json() : { seconds: left() };
    end = Date.now() + seconds * 1000;
    if (seconds > WARN) return restart(seconds);
    if (!dialog.open) dialog.showModal();
    tick();
  };

  const tick = () => {
    const seconds = left();
    if (seconds === 0) return leave();
    shown.textContent = words(seconds);
    const isTold = seconds <= 20 || seconds % 15 === 0;
    if (isTold) spoken.textContent = `You will be signed out in ${words(seconds)}.`;
    timer = setTimeout(tick, 1000);
  };

  dialog.addEventListener("close", async () => {
    clearTimeout(timer);
    const body = new FormData(dialog.querySelector("form"));
    const answer = await fetch(dialog.dataset.stay, { method: "POST", body }).catch(() => null);
    if (!answer?.ok || answer.redirected) return leave();
    restart((await answer.json()).seconds);
  });

  restart(Number(dialog.dataset.seconds));
})();
