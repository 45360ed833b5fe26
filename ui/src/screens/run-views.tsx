// Saved views of a run table: pinned ones as tabs above it, all of them in a menu, and a mark when the table has left the
// view that is open.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Bookmark, Ellipsis, Link2, Lock, Pencil, Pin, PinOff, RotateCcw, Save, Trash2, Users, type LucideIcon } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useEffect, useRef, useState } from 'react'
import { changeView, deleteView, saveView, viewsQuery, type View, type ViewChange } from '../api/views.ts'
import { Badge, Button, buttonClass, IconButton } from '../components/basics.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Menu, Popup, type MenuItem } from '../components/menu.tsx'
import { useMounted } from '../components/mounted.ts'
import { attempt, say, sayFailure } from '../components/toasts.tsx'
import type { RunsSearch } from '../lib/search-params.ts'
import { searchOf, stateOf } from '../lib/views.ts'

export interface ViewsOf {
  views: View[]
  mayShare: boolean
  open: View | undefined
  /** The address names one that is not to be seen here. */
  missing: boolean
  /** The table is not as the view has it. */
  differs: boolean
  /** The address names a view and says nothing else: its table comes when the view does. */
  coming: boolean
  refetch: () => void
}

/** The views of an experiment, and the one that is open. An address with a view alone is filled with what it keeps. */
export function useViews(experiment: string, search: RunsSearch, onSearch: (patch: RunsSearch, replace?: boolean) => void): ViewsOf {
  const { data, error, refetch } = useQuery(viewsQuery(experiment))
  const open = data?.views.find(({ view_id }) => view_id === search.view)
  const state = stateOf(search)
  const isBare = search.view !== undefined && !search.changed && state === ''
  const fills = isBare && open !== undefined && stateOf(searchOf(open.state)) !== ''
  useEffect(() => {
    if (fills) onSearch({ ...searchOf(open!.state) }, true)
  }, [fills, open, onSearch])
  return {
    views: data?.views ?? [],
    mayShare: data?.may_share ?? false,
    open,
    missing: data !== undefined && search.view !== undefined && !open,
    differs: open !== undefined && !fills && stateOf(searchOf(open.state)) !== state,
    coming: fills || (isBare && !data && !error),
    refetch: () => void refetch(),
  }
}

/** What to search for to open a view: all that it keeps, and nothing that was ticked or open before. */
export function searchOfView(view: View): RunsSearch {
  return { ...searchOf(view.state), view: view.view_id }
}

export function ViewTabs({ experiment, views: { views, open, differs }, shown }: { experiment: string; views: ViewsOf; shown: string | undefined }) {
  const pinned = views.filter((view) => view.pinned)
  if (pinned.length === 0) return null
  const tab = (isOpen: boolean) => `-mb-px flex max-w-60 shrink-0 items-center gap-1.5 border-b-2 px-3 py-1.5 text-sm ${isOpen ? 'border-accent font-medium text-accent' : 'border-transparent text-ink-2 hover:text-ink'}`
  return (
    <nav aria-label="Pinned views" className="mb-3 flex overflow-x-auto border-b border-line">
      <Link to="/experiments/$id" params={{ id: experiment }} search={{}} activeOptions={{ exact: true }} aria-current={shown === undefined ? 'page' : undefined} className={tab(shown === undefined)}>
        All runs
      </Link>
      {pinned.map((view) => (
        <Link key={view.view_id} to="/experiments/$id" params={{ id: experiment }} search={searchOfView(view)} activeOptions={{ exact: true }} aria-current={view === open ? 'page' : undefined} title={`${view.name}, ${whose(view)}`} className={tab(view === open)}>
          <span className="truncate">{view.name}</span>
          {view === open && differs && <ChangedDot />}
        </Link>
      ))}
    </nav>
  )
}

function ChangedDot() {
  return (
    <span title="Changed since the view was saved" className="text-warn">
      ●<span className="sr-only"> changed</span>
    </span>
  )
}

function whose(view: View): string {
  return view.shared ? `shared by ${view.owner}` : 'yours alone'
}

type Asking = { what: 'save' } | { what: 'rename'; view: View }

interface ViewMenuProps {
  experiment: string
  views: ViewsOf
  search: RunsSearch
  /** The columns that are shown without having been chosen: a view keeps them. */
  usualColumns: string[]
  onOpen: (view: View) => void
  onSearch: (patch: RunsSearch, replace?: boolean) => void
}

export function ViewMenu({ experiment, views, search, usualColumns, onOpen, onSearch }: ViewMenuProps) {
  const { open, differs } = views
  const [asking, setAsking] = useState<Asking>()
  // Others of the experiment must see what its saver saw, whatever is logged later.
  const stateNow = stateOf({ ...search, column: search.column ?? usualColumns })
  // What is in sight when an answer comes; nothing of it once the reader has left.
  const latest = useRef({ state: stateNow, view: search.view })
  useEffect(() => {
    latest.current = { state: stateNow, view: search.view }
  })
  const mounted = useMounted()
  const isStill = (wanted: Partial<typeof latest.current>) => mounted.current && (Object.keys(wanted) as (keyof typeof wanted)[]).every((key) => wanted[key] === latest.current[key])
  const change = (view: View, patch: ViewChange, done: string, back?: ViewChange) =>
    attempt(
      () => changeView(experiment, view.view_id, patch).then(views.refetch),
      done,
      back && (() => changeView(experiment, view.view_id, back).then(views.refetch)),
    )
  const update = (view: View) => {
    const next = stateNow
    void change(view, { state: next }, `“${view.name}” is now as the table is.`, { state: view.state }).then((done) => {
      if (done && isStill({ state: next, view: view.view_id })) onSearch({ ...searchOf(next), changed: undefined }, true)
    })
  }
  const remove = async (view: View) => {
    const wasOpen = view === open
    try {
      await deleteView(experiment, view.view_id)
    } catch (error) {
      sayFailure('The view was not deleted', error)
      return
    }
    views.refetch()
    if (wasOpen && isStill({ view: view.view_id })) onSearch({ view: undefined, changed: undefined }, true)
    say(`Deleted the view “${view.name}”.`, async () => {
      await changeView(experiment, view.view_id, { deleted: false })
      views.refetch()
      if (wasOpen && isStill({ view: undefined })) onSearch({ view: view.view_id, changed: true }, true)
    })
  }
  const itemsOf = (view: View): (MenuItem | false)[] => [
    view.may_change && view === open && { label: 'Update with what is shown', icon: Save, run: () => update(view) },
    view.may_change && { label: 'Rename', icon: Pencil, run: () => setAsking({ what: 'rename', view }) },
    view.may_change &&
      views.mayShare && {
        label: view.shared ? 'Keep to its owner' : 'Share with everybody here',
        icon: view.shared ? Lock : Users,
        run: () => void change(view, { shared: !view.shared }, view.shared ? `“${view.name}” is private again.` : `Everybody who may read the experiment sees “${view.name}”.`, { shared: view.shared }),
      },
    (view.shared ? views.mayShare : view.may_change) && {
      label: view.pinned ? 'Unpin' : 'Pin above the table',
      icon: view.pinned ? PinOff : Pin,
      run: () => void change(view, { pinned: !view.pinned }, view.pinned ? `Unpinned “${view.name}”.` : `Pinned “${view.name}”.`, { pinned: view.pinned }),
    },
    { label: 'Copy its address', icon: Link2, run: () => void copyAddress(experiment, view) },
    view.may_change && { label: 'Delete', icon: Trash2, run: () => void remove(view) },
  ]
  return (
    <>
      <Popup
        label="Saved views"
        trigger={
          <Button icon={Bookmark}>
            {open ? (
              <>
                <span className="max-w-32 truncate">{open.name}</span>
                {differs && <ChangedDot />}
              </>
            ) : (
              'Views'
            )}
          </Button>
        }
      >
        <div className="grid max-h-[min(30rem,70dvh)] w-[min(24rem,calc(100vw-4rem))] gap-2 overflow-y-auto" tabIndex={0} role="group" aria-label="Views">
          <div className="flex flex-wrap gap-2">
            <Popover.Close onClick={() => setAsking({ what: 'save' })} className={buttonClass('primary')}>
              <Bookmark aria-hidden size={15} /> Save as …
            </Popover.Close>
            {open && differs && open.may_change && (
              <Popover.Close onClick={() => update(open)} className={buttonClass()}>
                <Save aria-hidden size={15} /> Update
              </Popover.Close>
            )}
            {open && differs && (
              <Popover.Close onClick={() => onOpen(open)} className={buttonClass('quiet')}>
                <RotateCcw aria-hidden size={15} /> Back to the view
              </Popover.Close>
            )}
          </div>
          {views.views.length === 0 ? (
            <p className="text-sm text-ink-2">A view keeps filter, columns, order and groups under a name. Save this table to come back to it, or to share it.</p>
          ) : (
            <ul className="grid gap-0.5">
              {views.views.map((view) => (
                <li key={view.view_id} className="flex items-center gap-1">
                  <Popover.Close aria-current={view === open ? 'true' : undefined} onClick={() => onOpen(view)} className={`menu-item min-w-0 flex-1 ${view === open ? 'bg-accent-soft' : ''}`}>
                    <span className="min-w-0 flex-1">
                      <span className="block truncate font-medium" title={view.name}>
                        {view.name}
                      </span>
                      <span className="flex items-center gap-1 text-xs text-ink-3">
                        <Mark icon={view.shared ? Users : Lock} /> {whose(view)}
                        {view.pinned && (
                          <>
                            <Mark icon={Pin} /> pinned
                          </>
                        )}
                      </span>
                    </span>
                  </Popover.Close>
                  <Menu trigger={<IconButton label={`Actions for the view ${view.name}`} icon={Ellipsis} />} items={itemsOf(view)} />
                </li>
              ))}
            </ul>
          )}
        </div>
      </Popup>
      {views.missing && <Badge tone="warn">The view of this address was deleted or is somebody’s own</Badge>}
      <NameDialog
        asking={asking}
        mayShare={views.mayShare}
        onClose={() => setAsking(undefined)}
        onSave={async (name, shared, pinned) => {
          try {
            const view = await saveView(experiment, { name, state: stateNow, shared, pinned })
            views.refetch()
            if (isStill({ state: stateNow })) onOpen(view)
            say(`Saved the view “${name}”${shared ? ' for everybody here' : ''}.`)
          } catch (error) {
            sayFailure('The view was not saved', error)
          }
        }}
        onRename={(view, name) => void change(view, { name }, `Renamed to “${name}”.`, { name: view.name })}
      />
    </>
  )
}

function Mark({ icon: Icon }: { icon: LucideIcon }) {
  return <Icon aria-hidden size={12} className="shrink-0" />
}

async function copyAddress(experiment: string, view: View): Promise<void> {
  const address = `${location.origin}/ui/experiments/${experiment}?view=${view.view_id}`
  const note = view.shared ? '' : ' Only you can open it until you share the view.'
  try {
    await navigator.clipboard.writeText(address)
    say(`Copied the address.${note}`)
  } catch {
    say(`${address}${note}`)
  }
}

interface NameDialogProps {
  asking: Asking | undefined
  mayShare: boolean
  onClose: () => void
  onSave: (name: string, shared: boolean, pinned: boolean) => Promise<void>
  onRename: (view: View, name: string) => void
}

function NameDialog({ asking, mayShare, onClose, onSave, onRename }: NameDialogProps) {
  const view = asking?.what === 'rename' ? asking.view : undefined
  return (
    <Dialog open={asking !== undefined} onClose={onClose} title={view ? 'Rename the view' : 'Save this table as a view'}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const data = new FormData(event.currentTarget)
          const name = String(data.get('name') ?? '').trim()
          if (name === '') return
          onClose()
          if (view) onRename(view, name)
          else void onSave(name, data.has('shared'), data.has('pinned'))
        }}
        className="grid gap-3"
      >
        <label className="grid gap-1 text-sm font-medium">
          Name
          <input name="name" required maxLength={100} defaultValue={view?.name ?? ''} autoComplete="off" className="field w-full" />
        </label>
        {!view && (
          <>
            {mayShare && (
              <label className="flex items-center gap-2 text-sm">
                <input type="checkbox" name="shared" /> Share it with everybody who may read this experiment
              </label>
            )}
            <label className="flex items-center gap-2 text-sm">
              <input type="checkbox" name="pinned" /> Pin it above the table
            </label>
          </>
        )}
        <div className="flex justify-end gap-2">
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit">
            {view ? 'Rename' : 'Save'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
