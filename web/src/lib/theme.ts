/** Dark or light: as chosen in this browser, else as the page asks for. */
import { ref, watch } from 'vue'

export type Theme = 'dark' | 'light'
const KEY = 'd115.theme'

/** The theme of the page. */
export const theme = ref<Theme>(kept() ?? 'dark')

document.documentElement.dataset['theme'] = theme.value
watch(theme, (chosen) => (document.documentElement.dataset['theme'] = chosen), { flush: 'sync' })

/** Choose a theme, and keep the choice in this browser. */
export function chooseTheme(chosen: Theme): void {
  theme.value = chosen
  localStorage.setItem(KEY, chosen)
}

/** Follow the system where nobody has chosen: for pages that are read by day. */
export function followSystem(): void {
  if (kept() === null && matchMedia('(prefers-color-scheme: light)').matches) {
    theme.value = 'light'
  }
}

function kept(): Theme | null {
  const found = localStorage.getItem(KEY)
  return found === 'dark' || found === 'light' ? found : null
}
