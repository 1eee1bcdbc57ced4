import { element } from "./page.ts";

const STORED_AS = "access-key";

/** The access key of this tab, empty where none was given. */
export function accessKey(): string {
  return sessionStorage.getItem(STORED_AS) ?? "";
}

/** Asks for the access key. Resolves to undefined where the person cancels. */
export function askAccessKey(): Promise<string | undefined> {
  const dialog = element("access-key", HTMLDialogElement);
  const input = element("access-key-input", HTMLInputElement);
  element("access-key-text", HTMLElement).textContent = accessKey()
    ? "That key was not accepted. Check it and try again."
    : "This service asks for a key before it takes a call. Whoever runs it can give you one.";
  element("access-key-cancel", HTMLButtonElement).onclick = () => dialog.close("cancel");
  input.value = "";
  dialog.returnValue = "cancel";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        const key = dialog.returnValue === "use" ? input.value.trim() : "";
        input.value = "";
        if (key) sessionStorage.setItem(STORED_AS, key);
        resolve(key || undefined);
      },
      { once: true },
    );
  });
}
