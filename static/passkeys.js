// Passkeys: asks the browser for one, or for a new one, and sends the answer with the form.
(() => {
  const options = JSON.parse(document.getElementById("passkey-options")?.textContent ?? "{}");

  const ask = {
    get: () => webauthnJSON.get(options.request_options),
    create: () => webauthnJSON.create(options.creation_options),
  };

  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.hidden = !window.PublicKeyCredential;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const failed = form.querySelector("[data-passkey-failed]");
      failed.hidden = true;
      try {
        const answer = await ask[form.dataset.passkey]();
        form.querySelector('[name="credential"]').value = JSON.stringify(answer);
        form.submit();
      } catch {
        failed.hidden = false;
        failed.tabIndex = -1;
        failed.focus();
      }
    });
  });
})();
