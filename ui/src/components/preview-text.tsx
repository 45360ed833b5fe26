// Text with the numbers of its lines. Only the lines in sight are in the document when there are many.

import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import { formatCount } from '../lib/format.ts'
import { CopyButton } from './basics.tsx'

const LINE = 20
/** So many lines stand in the document, so that the browser's own search finds them. */
const PLAIN_LINES = 2_000
const LONGEST_LINE = 20_000

export function CodeView({ text, label }: { text: string; label: string }) {
  const lines = useMemo(() => text.replace(/\r?\n$/, '').split(/\r?\n/), [text])
  return (
    <div className="relative">
      {lines.length <= PLAIN_LINES ? <Lines lines={lines} label={label} /> : <VirtualLines lines={lines} label={label} />}
      <div className="absolute top-1.5 right-4 rounded-md bg-sunken">
        <CopyButton text={text} />
      </div>
    </div>
  )
}

const FRAME = 'max-h-[70dvh] overflow-auto rounded-md border border-line bg-sunken font-mono text-sm'

function Lines({ lines, label }: { lines: readonly string[]; label: string }) {
  return (
    <div tabIndex={0} role="group" aria-label={label} className={FRAME}>
      <div className="flex w-max min-w-full py-2">
        <pre aria-hidden className="sticky left-0 border-r border-line bg-sunken px-2.5 text-right text-ink-3 select-none">{lines.map((_, i) => i + 1).join('\n')}</pre>
        <pre className="px-3 pr-24">{lines.map((line) => line.slice(0, LONGEST_LINE)).join('\n')}</pre>
      </div>
    </div>
  )
}

function VirtualLines({ lines, label }: { lines: readonly string[]; label: string }) {
  const scroller = useRef<HTMLDivElement>(null)
  const shown = useVirtualizer({ count: lines.length, getScrollElement: () => scroller.current, estimateSize: () => LINE, overscan: 20 })
  const width = String(lines.length).length
  return (
    <>
      <div ref={scroller} tabIndex={0} role="group" aria-label={label} className={`${FRAME} h-[70dvh]`}>
        <div className="relative w-max min-w-full" style={{ height: shown.getTotalSize() }}>
          {shown.getVirtualItems().map(({ index, start }) => (
            <div key={index} className="absolute flex w-max min-w-full" style={{ top: start, height: LINE }}>
              <span aria-hidden className="sticky left-0 border-r border-line bg-sunken px-2.5 text-right text-ink-3 select-none" style={{ minWidth: `calc(${width}ch + 1.25rem)` }}>
                {index + 1}
              </span>
              <pre className="px-3">{lines[index]!.slice(0, LONGEST_LINE)}</pre>
            </div>
          ))}
        </div>
      </div>
      <p className="mt-1.5 text-sm text-ink-3">{formatCount(lines.length)} lines. Only those in sight are on the page: to search all of them, download the file.</p>
    </>
  )
}
