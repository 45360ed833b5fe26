import type { ReactNode } from 'react'
import { Section } from '../components/basics.tsx'

/** A component with when to use it. */
export function Shown({ title, use, children, wide = false }: { title: string; use: string; children: ReactNode; wide?: boolean }) {
  return (
    <div className={`min-w-0 ${wide ? 'xl:col-span-2' : ''}`}>
      <Section title={title}>
        <p className="mb-3 text-sm text-ink-2">{use}</p>
        {children}
      </Section>
    </div>
  )
}
