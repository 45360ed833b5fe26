// Where one can go: the screens in the navigation and in the palette.

import { Boxes, Database, FlaskConical, Home, RadioTower, ScrollText, Share2, SlidersHorizontal, SquareTerminal, Trash2, Users, Webhook, type LucideIcon } from 'lucide-react'

export interface Place {
  to: '/' | '/experiments' | '/models' | '/endpoints' | '/datasets' | '/sql' | '/lineage' | '/trash' | '/access' | '/audit' | '/webhooks' | '/settings'
  label: string
  icon: LucideIcon
  /** How addresses begin that belong to it as well. */
  also?: string[]
}

export const PLACES: readonly Place[] = [
  { to: '/', label: 'Home', icon: Home },
  { to: '/experiments', label: 'Experiments', icon: FlaskConical, also: ['/runs', '/compare'] },
  { to: '/models', label: 'Models', icon: Boxes, also: ['/model'] },
  { to: '/endpoints', label: 'Endpoints', icon: RadioTower, also: ['/predictions'] },
  { to: '/datasets', label: 'Datasets', icon: Database },
  { to: '/sql', label: 'SQL', icon: SquareTerminal },
  { to: '/lineage', label: 'Lineage', icon: Share2 },
]

/** A narrow screen has room for these; the others are behind its button for more. */
export const NARROW_PLACES = PLACES.slice(0, 4)

export const ADMINISTRATION: readonly Place[] = [
  { to: '/trash', label: 'Trash & space', icon: Trash2 },
  { to: '/access', label: 'Access', icon: Users },
  { to: '/audit', label: 'Audit', icon: ScrollText },
  { to: '/webhooks', label: 'Webhooks', icon: Webhook },
  { to: '/settings', label: 'Settings', icon: SlidersHorizontal },
]

export function isAt({ to, also = [] }: Place, path: string): boolean {
  return to === '/' ? path === '/' || path === '' : [to, ...also].some((start) => path.startsWith(start))
}
