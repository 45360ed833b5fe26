// Where SQL is written: the editor, once its code has come.

import { useEffect, useImperativeHandle, useRef, useState, type Ref } from 'react'
import { Skeleton } from './basics.tsx'
import type { Known, SqlEditor } from './sql-editor.ts'

interface CodeFieldProps {
  ref: Ref<SqlEditor | undefined>
  /** What stands in it at first. */
  initial: string
  known: Known
  onChange: (text: string) => void
  onRun: () => void
}

export function CodeField({ ref, initial, known, onChange, onRun }: CodeFieldProps) {
  const host = useRef<HTMLDivElement>(null)
  const [editor, setEditor] = useState<SqlEditor>()
  const latest = useRef({ known, onChange, onRun })
  useEffect(() => {
    latest.current = { known, onChange, onRun }
  })
  useEffect(() => {
    let made: SqlEditor | undefined
    let gone = false
    void import('./sql-editor.ts').then(({ mountSqlEditor }) => {
      if (gone || !host.current) return
      made = mountSqlEditor(host.current, {
        text: initial,
        known: { datasets: () => latest.current.known.datasets(), columns: (dataset) => latest.current.known.columns(dataset) },
        onChange: (text) => latest.current.onChange(text),
        onRun: () => latest.current.onRun(),
      })
      setEditor(made)
    })
    return () => {
      gone = true
      made?.destroy()
    }
  }, [])
  useImperativeHandle(ref, () => editor, [editor])
  return (
    <div className="relative h-44 min-h-24 resize-y overflow-hidden">
      {!editor && (
        <div className="p-3">
          <Skeleton lines={3} label="Loading the editor" />
        </div>
      )}
      <div ref={host} className="h-full" />
    </div>
  )
}
