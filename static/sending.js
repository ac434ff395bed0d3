// Sends forms so that a cut connection loses nothing: the page stays, with all that was typed, until an answer
// has come. Sending again is safe, as the server counts each form once. Without JavaScript the browser sends.
(() => {
  const PATIENCE = 30000; // milliseconds
  const PATIENCE_WITH_FILE = 600000; // a photograph takes minutes where the signal is weak
  const UNKNOWN =
    "No answer came. There may be no connection, so this may or may not have been stored. " +
    "What you typed is still here. Send it again when you are connected: it will not be stored twice.";

  const BUSY =
    "The system is busy, so this was not stored. What you typed is still here. Send it again in a few seconds.";

  const tell = (form, words) => {
    const note = document.createElement("div");
    note.className = "govuk-inset-text mhep-not-sent";
    note.setAttribute("role", "alert");
    note.setAttribute("tabindex", "-1");
    note.dataset.notSent = "";
    note.textContent = words;
    form.prepend(note);
    note.focus();
  };

  const bySubmitter = (form, pressed) => {
    if (!pressed?.name) return;
    const same = document.createElement("input");
    Object.assign(same, { type: "hidden", name: pressed.name, value: pressed.value });
    form.append(same);
  };

  const takesFiles = (form) => form.enctype.startsWith("multipart");

  const send = async (form, pressed) => {
    const given = new FormData(form, pressed);
    const answer = await fetch(form.action, {
      method: "POST",
      body: takesFiles(form) ? given : new URLSearchParams(given),
      headers: { "X-Sending": "form" },
      redirect: "error",
      signal: AbortSignal.timeout(takesFiles(form) ? PATIENCE_WITH_FILE : PATIENCE),
    });
    const next = answer.headers.get("X-Sent-To");
    if (next) {
      location.assign(next);
      return;
    }
    if (answer.status === 503) {
      delete form.dataset.sending;
      tell(form, BUSY);
      return;
    }
    bySubmitter(form, pressed); // nothing was stored: the browser sends it, and shows what the server says
    form.submit();
  };

  const isOurs = (form) => form.elements.once && form.method === "post";

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !isOurs(form)) return;
    event.preventDefault();
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    form.querySelector("[data-not-sent]")?.remove();
    send(form, event.submitter).catch(() => {
      delete form.dataset.sending;
      tell(form, UNKNOWN);
    });
  });

  // A page that the browser brings back as it was left may be sent again.
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sending;
  });
})();
