// Who is signed in, in all tabs of a browser at once, and nothing of theirs left behind.

import { returnPath, stringifySearch } from '../lib/search-params.ts'

const SIGN_IN = '/ui/sign-in'
const tabs = new BroadcastChannel('millwright session')

/** In place of this page and all that it has read. */
export function leadToSignIn(): void {
  const { pathname, search } = window.location
  if (pathname !== SIGN_IN) window.location.replace(SIGN_IN + stringifySearch({ return: pathname + search }))
}

/** After somebody signed in here. */
export function leaveSignIn(back: string): void {
  tabs.postMessage('signed in')
  window.location.replace(back)
}

/** After somebody signed out here. */
export function leaveSignedOut(): void {
  tabs.postMessage('signed out')
  window.location.replace(SIGN_IN)
}

tabs.addEventListener('message', ({ data }) => {
  if (data === 'signed out') leadToSignIn()
  else if (window.location.pathname === SIGN_IN) window.location.replace(returnPath(new URLSearchParams(window.location.search).get('return') ?? undefined))
  else window.location.reload()
})

// A browser keeps pages that were left, to show them again at once: by then somebody else may be signed in.
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) window.location.reload()
})
