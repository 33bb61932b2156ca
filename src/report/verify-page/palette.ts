/** Colours by theme: for the page's style, and for the timeline, which draws them itself. Told apart by lightness, too. */
export const PALETTE = {
  light: {
    ground: "#ffffff", raised: "#f6f7f9", ink: "#1b1f24", soft: "#57606a", rule: "#d5d9df", link: "#0a58ca", good: "#1a6b34", bad: "#b3261e", before: "#b45309", after: "#0a58ca",
    labels: ["#0072b2", "#c75000", "#00805c", "#a8447c", "#7a6000", "#5b4db7", "#00727f", "#7a4b2a"],
  },
  dark: {
    ground: "#14171b", raised: "#1d2127", ink: "#e6e8eb", soft: "#a3abb5", rule: "#363c44", link: "#7cb3ff", good: "#5fd38a", bad: "#ff8a80", before: "#ffb351", after: "#7cb3ff",
    labels: ["#56b4e9", "#ff9a57", "#3ddbb0", "#f0a6cb", "#f0e442", "#a99bff", "#5fd7e3", "#d9a87c"],
  },
} as const;

type Theme = (typeof PALETTE)["light"] | (typeof PALETTE)["dark"];

export function variables(theme: Theme): string {
  const { labels, ...named } = theme;
  return [...Object.entries(named).map(([name, value]) => `--${name}: ${value};`), ...labels.map((value, index) => `--label-${index}: ${value};`)].join(" ");
}
