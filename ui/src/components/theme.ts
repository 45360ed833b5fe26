// Light, dark or as the system says. `?theme=` decides for one page; the choice made in the menu stays in this browser.

import { useSyncExternalStore } from 'react'

export type ThemeChoice = 'system' | 'light' | 'dark'

const PLACE = 'millwright.theme'
const watchers = new Set<() => void>()
const systemIsDark = matchMedia('(prefers-color-scheme: dark)')
systemIsDark.addEventListener('change', tell)

function known(value: string | null): ThemeChoice | undefined {
  return value === 'light' || value === 'dark' || value === 'system' ? value : undefined
}

let choice: ThemeChoice = known(new URLSearchParams(location.search).get('theme')) ?? known(localStorage.getItem(PLACE)) ?? 'system'
apply()

function apply(): void {
  if (choice === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = choice
}

function tell(): void {
  for (const watcher of watchers) watcher()
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

export function chooseTheme(next: ThemeChoice): void {
  choice = next
  localStorage.setItem(PLACE, next)
  apply()
  tell()
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(watch, () => choice)
}

/** What is in force. */
export function useTheme(): 'light' | 'dark' {
  return useSyncExternalStore(watch, () => (choice === 'system' ? (systemIsDark.matches ? 'dark' : 'light') : choice))
}
