// What is said of a dataset, beside whatever part of it is looked at.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { GitBranch, Pencil, Pin as PinIcon, Plus, Tag, X } from 'lucide-react'
import { useState } from 'react'
import { ApiError } from '../api/client.ts'
import { changeSaid, datasetVersionsQuery, deleteRef, pinsQuery, pinVersion, tagVersion, unpinVersion, type Dataset, type Pin } from '../api/lake.ts'
import { Badge, Button, ErrorState, IconButton, Section, Skeleton, Time } from '../components/basics.tsx'
import { FactList } from '../components/fact-list.tsx'
import { Field, FormDialog, textIn } from '../components/form-dialog.tsx'
import { MarkdownSection } from '../components/markdown-section.tsx'
import { attempt, say } from '../components/toasts.tsx'
import { wordsOf } from '../lib/namespaces.ts'
import { PinDialog } from './dataset-pin.tsx'

export function DatasetAbout({ dataset }: { dataset: Dataset }) {
  const { name } = dataset
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
      <MarkdownSection
        title="Description"
        text={dataset.comment}
        empty="Nothing yet. Say what a row is, where the rows come from, and what they must not be used for."
        save={(comment, before) => changeSaid(name, { comment: before }, { comment })}
      />
      <About dataset={dataset} />
      <Refs dataset={dataset} />
      <Pins dataset={dataset} />
    </div>
  )
}

function About({ dataset }: { dataset: Dataset }) {
  const [editing, setEditing] = useState<{ owners: string[]; tags: string[] }>()
  const { name, owners, tags, partitions, location, created_at: created, changed_at: changed } = dataset
  return (
    <Section
      title="About"
      actions={
        <Button kind="quiet" icon={Pencil} aria-label="Edit owners and tags" onClick={() => setEditing({ owners, tags })}>
          Edit
        </Button>
      }
    >
      <FactList
        facts={[
          ['Owners', owners.length > 0 ? owners.join(', ') : <span className="text-ink-3">nobody yet</span>],
          [
            'Tags',
            tags.length > 0 ? (
              <span className="flex flex-wrap gap-1">
                {tags.map((tag) => (
                  <Link key={tag} to="/datasets" search={{ tag: [tag] }} className="hover:underline">
                    <Badge>{tag}</Badge>
                  </Link>
                ))}
              </span>
            ) : (
              <span className="text-ink-3">none yet</span>
            ),
          ],
          partitions.length > 0 && ['Split by', <code key="p" className="font-mono text-xs">{partitions.join(', ')}</code>],
          ['Created', <Time key="c" millis={Date.parse(created)} />],
          ['Changed', <Time key="h" millis={Date.parse(changed)} />],
          ['Lies at', <code key="l" className="font-mono text-xs break-all">{location}</code>],
        ]}
      />
      <FormDialog
        open={editing !== undefined}
        title="Owners and tags"
        action="Save"
        onClose={() => setEditing(undefined)}
        onDone={async (fields) => {
          const before = editing!
          const after = { owners: wordsOf(textIn(fields, 'owners')), tags: wordsOf(textIn(fields, 'tags')) }
          await changeSaid(name, before, after)
          say('Saved owners and tags.', () => changeSaid(name, after, before))
        }}
      >
        {editing && (
          <>
            <Field label="Owners" name="owners" defaultValue={editing.owners.join(', ')} hint="People or groups to ask, with commas between them." />
            <Field label="Tags" name="tags" defaultValue={editing.tags.join(', ')} hint="Words with commas between them." />
          </>
        )}
      </FormDialog>
    </Section>
  )
}

function Refs({ dataset }: { dataset: Dataset }) {
  const { name, refs } = dataset
  if (refs.length === 0) return null
  return (
    <Section title="Tags and branches of versions">
      <ul className="-my-1 grid gap-1 text-sm">
        {refs.map((ref) => (
          <li key={`${ref.type} ${ref.name}`} className="flex min-h-8 items-center gap-2">
            {ref.type === 'branch' ? <GitBranch role="img" aria-label="branch" size={14} className="shrink-0 text-ink-3" /> : <Tag role="img" aria-label="tag" size={14} className="shrink-0 text-ink-3" />}
            <span className="min-w-0 flex-1 break-words">{ref.name}</span>
            {ref.version !== undefined && <span className="text-ink-2">version {ref.version}</span>}
            {ref.name !== 'main' && (
              <IconButton
                label={`Delete ${ref.type} ${ref.name}`}
                icon={X}
                className="size-7!"
                onClick={() => void attempt(() => deleteRef(name, ref.name), `Deleted the ${ref.type} ${ref.name}.`, ref.type === 'tag' && ref.version !== undefined ? () => tagVersion(name, ref.name, ref.version!) : undefined)}
              />
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Pins({ dataset }: { dataset: Dataset }) {
  const { name } = dataset
  const { data, error, isPending, refetch } = useQuery(pinsQuery(name))
  // Pins name snapshots; people know numbers.
  const versions = useInfiniteQuery({ ...datasetVersionsQuery(name), enabled: data?.some((pin) => pin.snapshot_id !== undefined) === true })
  const numbers = new Map((versions.data?.pages ?? []).flatMap((page) => page.versions).map((version) => [version.snapshot_id, version.number]))
  const [pinning, setPinning] = useState(false)
  if (error instanceof ApiError && error.status === 403) return null
  return (
    <Section
      title="Kept from removal"
      actions={
        <Button kind="quiet" icon={Plus} aria-label="Pin all versions" onClick={() => setPinning(true)}>
          Pin
        </Button>
      }
    >
      {error ? (
        <ErrorState error={error} what="The pins could not be read" onRetry={() => void refetch()} />
      ) : isPending ? (
        <Skeleton lines={2} />
      ) : data.length === 0 ? (
        <p className="text-ink-2">Nothing is pinned: versions go when they are older than the dataset's limit and have no tag.</p>
      ) : (
        <ul className="-my-1 grid gap-2 text-sm">
          {data.map((pin) => (
            <PinRow key={`${pin.snapshot_id} ${pin.kind} ${pin.holder}`} dataset={name} number={numbers.get(pin.snapshot_id ?? '')} pin={pin} />
          ))}
        </ul>
      )}
      <PinDialog dataset={name} version={pinning ? 'all' : undefined} onClose={() => setPinning(false)} />
    </Section>
  )
}

function PinRow({ dataset: name, number, pin }: { dataset: string; number: number | undefined; pin: Pin }) {
  const version = pin.snapshot_id === undefined ? undefined : String(number ?? pin.snapshot_id)
  const key = { kind: pin.kind, holder: pin.holder, ...(version === undefined ? {} : { version }) }
  return (
    <li className="flex items-start gap-2">
      <PinIcon aria-hidden size={14} className="mt-1 shrink-0 text-ink-3" />
      <div className="min-w-0 flex-1">
        <p className="break-words">
          {pin.snapshot_id === undefined ? 'All versions' : number !== undefined ? `Version ${number}` : `Snapshot ${pin.snapshot_id}`} <Badge tone={pin.kind === 'legal-hold' ? 'warn' : 'plain'}>{pin.kind}</Badge>
        </p>
        <p className="break-words text-ink-2">
          for {pin.holder}, by {pin.created_by} <Time millis={Date.parse(pin.created_at)} />
          {pin.reason && `: ${pin.reason}`}
        </p>
      </div>
      <IconButton label={`Take away the pin for ${pin.holder}`} icon={X} className="size-7!" onClick={() => void attempt(() => unpinVersion(name, key), 'Took the pin away.', () => pinVersion(name, { ...key, reason: pin.reason }))} />
    </li>
  )
}
