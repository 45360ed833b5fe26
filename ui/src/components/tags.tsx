// Tags that are set, changed and taken away, each with a way back.

import { Pencil, Plus, X } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { Pair } from '../api/tracking.ts'
import { Button, IconButton } from './basics.tsx'
import { AskDialog } from './dialog.tsx'
import { Facts } from './facts.tsx'
import { TagDialog } from './tag-dialog.tsx'
import { attempt } from './toasts.tsx'

interface TagsProps {
  /** All there are: what is hidden must not be overwritten without a way back. */
  tags: readonly Pair[]
  csv: string
  onSet: (key: string, value: string) => Promise<unknown>
  onDelete: (key: string) => Promise<unknown>
  show?: (tag: Pair) => ReactNode
}

/** Tags of MLflow and of the server itself are not a person's to edit; they are shown where they belong. */
export const isOwnTag = ({ key }: Pair): boolean => !/^(mlflow|millwright)\./.test(key)

export function Tags({ tags, csv, onSet, onDelete, show }: TagsProps) {
  const [adding, setAdding] = useState(false)
  const [editing, setEditing] = useState<Pair>()
  return (
    <>
      <Facts
        title="Tags"
        csv={csv}
        empty="No tag yet."
        actions={
          <Button kind="quiet" icon={Plus} onClick={() => setAdding(true)}>
            Add
          </Button>
        }
        facts={tags.filter(isOwnTag).map((tag) => ({
          key: tag.key,
          value: tag.value,
          shown: show?.(tag),
          actions: (
            <>
              <IconButton label={`Edit ${tag.key}`} icon={Pencil} onClick={() => setEditing(tag)} className="size-7!" />
              <IconButton label={`Remove ${tag.key}`} icon={X} onClick={() => void attempt(() => onDelete(tag.key), `Removed ${tag.key}.`, () => onSet(tag.key, tag.value))} className="size-7!" />
            </>
          ),
        }))}
      />
      <TagDialog
        open={adding}
        title="Add a tag"
        onClose={() => setAdding(false)}
        onDone={(key, value) => {
          const old = tags.find((tag) => tag.key === key)
          void attempt(() => onSet(key, value), `Set ${key}.`, () => (old ? onSet(key, old.value) : onDelete(key)))
        }}
      />
      <AskDialog
        open={editing !== undefined}
        title={`Tag ${editing?.key ?? ''}`}
        label="Value"
        action="Save"
        initial={editing?.value ?? ''}
        onClose={() => setEditing(undefined)}
        onDone={(value) => editing && void attempt(() => onSet(editing.key, value), `Set ${editing.key}.`, () => onSet(editing.key, editing.value))}
      />
    </>
  )
}
