import type { ProviderConfig } from "../config/mod.ts";
import type { ProviderButton } from "../domain/provider.ts";
import { labelOf } from "./mod.ts";

/** What the button of a provider shows. */
export function buttonOf(config: ProviderConfig): ProviderButton {
  return { name: config.name, kind: config.kind, label: labelOf(config) };
}

/** The button of a provider by its name, also of one that is not configured any more. */
export function buttonNamed(providers: readonly ProviderConfig[], name: string): ProviderButton {
  const config = providers.find((one) => one.name === name);
  return config ? buttonOf(config) : { name, kind: "oidc", label: { ko: name, en: name } };
}

/** The buttons of the configured providers among `names`, in the order of the configuration. */
export function buttonsAmong(
  providers: readonly ProviderConfig[],
  names: readonly string[],
): ProviderButton[] {
  return providers.filter(({ name }) => names.includes(name)).map(buttonOf);
}
