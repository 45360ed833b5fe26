// Whether somebody reads: what is being read must not move. A live screen pauses then, and follows again when asked.

import { Pause } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Badge, Button } from './basics.tsx'

/** Left of the top, by so much of a screen. */
const SCROLLED = 0.4

function hasScrolled(): boolean {
  return window.scrollY > innerHeight * SCROLLED
}

/** @param held what else says that somebody reads, as a zoom does */
export function useReading(live: boolean, held: boolean): { paused: boolean; follow: () => void } {
  const [scrolled, setScrolled] = useState(hasScrolled)
  const [following, setFollowing] = useState(false)
  useEffect(() => {
    const look = () => setScrolled(hasScrolled())
    window.addEventListener('scroll', look, { passive: true })
    return () => window.removeEventListener('scroll', look)
  }, [])
  const reading = scrolled || held
  // Whoever asked to follow does so until the next time of reading.
  useEffect(() => {
    if (!reading) setFollowing(false)
  }, [reading])
  return { paused: live && reading && !following, follow: () => setFollowing(true) }
}

/** Stands at the foot of the window, where it moves nothing. */
export function PausedBadge({ what, onFollow }: { what: string; onFollow: () => void }) {
  return (
    <div role="status" className="pointer-events-none fixed inset-x-3 bottom-18 z-40 flex justify-center md:bottom-5">
      <div className="pointer-events-auto flex items-center gap-2 rounded-lg border border-line bg-raised py-1 pr-1 pl-3 shadow-float">
        <Badge tone="warn">
          <Pause aria-hidden size={12} /> Paused
        </Badge>
        <span className="text-sm text-ink-2">{what}</span>
        <Button kind="quiet" onClick={onFollow}>
          Follow again
        </Button>
      </div>
    </div>
  )
}
