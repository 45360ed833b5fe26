// Which components are there, and when is which used? Each is the real one, in each of its states.

import { Archive, Box, Boxes, Database, Ellipsis, FlaskConical, GitPullRequestArrow, Inbox, Pencil, Play, Plus, Trash2 } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { ApiError } from '../api/client.ts'
import { ApiCallDialog } from '../components/api-call.tsx'
import { Badge, Button, CodeBlock, CopyButton, Empty, ErrorState, IconButton, Key, PageHeader, Skeleton, Status, Time } from '../components/basics.tsx'
import { AskDialog, Dialog } from '../components/dialog.tsx'
import { FactList } from '../components/fact-list.tsx'
import { Facts } from '../components/facts.tsx'
import { Flow } from '../components/flow.tsx'
import { useKeys } from '../components/keys.tsx'
import { MarkdownSection } from '../components/markdown-section.tsx'
import { Menu, Popup } from '../components/menu.tsx'
import { TagDialog } from '../components/tag-dialog.tsx'
import { say, sayFailure } from '../components/toasts.tsx'
import type { ApiCall } from '../lib/reproduce.ts'
import { Shown } from './gallery-part.tsx'
import { PromotionTimeline } from './promotions.tsx'

const Data = lazy(() => import('./gallery-data.tsx').then((module) => ({ default: module.DataParts })))
const Previews = lazy(() => import('./gallery-previews.tsx').then((module) => ({ default: module.PreviewParts })))

const STATES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']
const TONES = ['plain', 'good', 'bad', 'warn', 'live', 'accent'] as const
const MINUTE = 60_000

export function Gallery() {
  return (
    <>
      <PageHeader title="Components">
        <p className="mt-1 max-w-3xl text-ink-2">What screens are made of, for whoever builds one. Take what is here before making something new; a part is made general when it is used twice.</p>
      </PageHeader>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 xl:grid-cols-[repeat(2,minmax(0,1fr))]">
        <Basics />
        <Dialogs />
        <States />
        <Texts />
        <Stories />
        <Suspense fallback={<Skeleton lines={8} />}>
          <Data />
        </Suspense>
        <Suspense fallback={<Skeleton lines={8} />}>
          <Previews />
        </Suspense>
      </div>
    </>
  )
}

function Basics() {
  const [now] = useState(() => Date.now())
  return (
    <>
      <Shown title="Buttons" use="At most one primary in sight: what most people came for. Danger for what others would miss, quiet for what stands in every row. An icon alone needs a label.">
        <div className="flex flex-wrap items-center gap-2">
          <Button kind="primary" icon={Plus}>
            Primary
          </Button>
          <Button icon={Pencil}>Plain</Button>
          <Button kind="quiet">Quiet</Button>
          <Button kind="danger" icon={Trash2}>
            Danger
          </Button>
          <Button disabled>Disabled</Button>
          <IconButton label="Archive" icon={Archive} />
          <CopyButton text="copied" />
        </div>
      </Shown>
      <Shown title="Status and badges" use="A status is a run's own word, always with its icon; a badge is any other short fact. Colour never says it alone.">
        <div className="flex flex-wrap items-center gap-2">
          {STATES.map((state) => (
            <Status key={state} status={state} />
          ))}
          {TONES.map((tone) => (
            <Badge key={tone} tone={tone}>
              {tone}
            </Badge>
          ))}
        </div>
      </Shown>
      <Shown title="Times" use="How long ago, in the reader's zone beyond a week; the exact time and UTC on hover. Exact where people compare times.">
        <div className="flex flex-wrap items-center gap-x-5 gap-y-1">
          <Time millis={now} />
          <Time millis={now - 42 * MINUTE} />
          <Time millis={now - 90 * 24 * 60 * MINUTE} />
          <Time millis={now - 42 * MINUTE} exact />
          <Time millis={null} />
        </div>
      </Shown>
      <Shown title="Keys" use="Every screen names its keys through useKeys; the list opens with ?. A key shown beside an action is always one that works.">
        <KeysPart />
      </Shown>
    </>
  )
}

function KeysPart() {
  const [pressed, setPressed] = useState(0)
  useKeys('Components', [{ key: 'y', says: 'Count a press', run: () => setPressed((count) => count + 1) }])
  return (
    <p className="flex flex-wrap items-center gap-2">
      <Key name="mod+k" /> <Key name="?" /> <Key name="Enter" /> Press <Key name="y" /> <span>{pressed} so far</span>
    </p>
  )
}

function Dialogs() {
  const [open, setOpen] = useState<'dialog' | 'ask' | 'tag'>()
  const [call, setCall] = useState<ApiCall>()
  const close = () => setOpen(undefined)
  return (
    <>
      <Shown title="Toasts" use="Everything done is said here, with Undo where there is a way back: it stands in place of a question. A failure tells the request's id and stays longer.">
        <div className="flex flex-wrap gap-2">
          <Button onClick={() => say('Archived 3 runs.', () => say('They are back.'))}>Say, with undo</Button>
          <Button onClick={() => say('Saved the notes.')}>Say</Button>
          <Button onClick={() => sayFailure('That did not work', new ApiError(409, 'WRONG_STATE', 'The run ended meanwhile.', 'req-4711'))}>Say a failure</Button>
        </div>
      </Shown>
      <Shown title="Dialogs" use="For what needs an answer before the work can go on: one line, a few fields, or something to look at. Never to ask whether somebody is sure.">
        <div className="flex flex-wrap gap-2">
          <Button onClick={() => setOpen('dialog')}>Dialog</Button>
          <Button onClick={() => setOpen('ask')}>Ask for a line</Button>
          <Button onClick={() => setOpen('tag')}>Ask for a tag</Button>
          <Button onClick={() => setCall({ method: 'GET', url: `${location.origin}/api/millwright/v1/version` })}>API call</Button>
        </div>
        <Dialog open={open === 'dialog'} onClose={close} title="A dialog">
          Escape closes it, and the focus goes back to where it was.
        </Dialog>
        <AskDialog open={open === 'ask'} onClose={close} title="Rename" label="Name" action="Rename" initial="churn" hint="Shown in every table." onDone={(text) => say(`Would be ${text}.`)} />
        <TagDialog open={open === 'tag'} onClose={close} title="Add a tag" onDone={(key, value) => say(`Would set ${key} to ${value}.`)} />
        <ApiCallDialog call={call} onClose={() => setCall(undefined)} />
      </Shown>
      <Shown title="Menus and pop-ups" use="A menu holds actions that are rarer than the buttons in sight; a pop-up holds controls that are used together.">
        <div className="flex flex-wrap gap-2">
          <Menu
            align="start"
            trigger={<IconButton label="More actions" icon={Ellipsis} className="border border-line-strong" />}
            items={[
              { label: 'Rename', icon: Pencil, run: () => say('Would rename.') },
              { label: 'Archive', icon: Archive, hint: 'can be undone', run: () => say('Would archive.') },
              { label: 'Not now', disabled: true, run: () => {} },
            ]}
          />
          <Popup align="start" label="A pop-up" trigger={<Button>Pop-up</Button>}>
            <label className="flex items-center gap-2">
              <input type="checkbox" /> A choice that stays open
            </label>
          </Popup>
        </div>
      </Shown>
    </>
  )
}

function States() {
  return (
    <>
      <Shown title="Nothing there" use="Says what would stand here and what to do so that it does. Never just “no data”.">
        <Empty icon={Inbox} title="No run yet" actions={<Button kind="primary">Show how to log one</Button>}>
          Point an MLflow client here and start a run.
        </Empty>
      </Shown>
      <Shown title="Loading" use="In the shape of what comes, so that nothing jumps. Not for what takes less than a blink: keep the old answer instead.">
        <div data-example>
          <Skeleton lines={4} />
        </div>
      </Shown>
      <Shown title="Error" use="What could not be done, the server's own words, the request's id for whoever reads the log, and a way to try again.">
        <ErrorState what="The runs could not be read" error={new ApiError(503, 'UNAVAILABLE', 'The database does not answer. Try again in a minute.', '0f9a2c')} onRetry={() => say('Would ask again.')} />
      </Shown>
    </>
  )
}

function Texts() {
  const [note, setNote] = useState('Converged **early**. See `config.json`.\n\n- [x] looked at the curves\n- [ ] compared with last week')
  return (
    <>
      <MarkdownSection title="Notes" text={note} empty="Nothing yet. Write why." save={async (text) => setNote(text)} />
      <Facts
        title="Facts"
        csv="facts.csv"
        empty="Nothing was logged."
        facts={[
          { key: 'loss', value: 0.0123, numeric: true },
          { key: 'model', value: 'gradient boosting' },
        ]}
        actions={<Badge>for keys and values that are searched and exported</Badge>}
      />
      <Shown title="A few facts" use="For what needs no search: facts without a value are left out.">
        <FactList
          facts={[
            ['Source', <code key="source" className="font-mono text-xs">train.py</code>],
            ['Branch', 'main'],
            ['Nothing', ''],
          ]}
        />
      </Shown>
      <Shown title="Code" use="For what is copied into a shell or a script; it scrolls inside itself.">
        <CodeBlock label="Shell command" code={`export MLFLOW_TRACKING_URI=${location.origin}`} />
      </Shown>
    </>
  )
}

const AT = (minute: number): string => new Date(Date.UTC(2026, 0, 5, 9, minute)).toISOString()

function Stories() {
  return (
    <>
      <Shown title="Timeline" use="What happened in its order, where who and when matter as much as what.">
        <PromotionTimeline
          story={{
            id: 12,
            kind: 'promotion',
            state: 'applied',
            note: '',
            model: 'churn',
            version: 4,
            from: 'dev',
            to: 'production',
            alias: 'champion',
            policy: 'churn',
            policy_version: 2,
            requester: 'ann',
            author: 'ann',
            reason: 'Better on every segment',
            holder: 3,
            requested_at: AT(0),
            changed_at: AT(9),
            expires_at: AT(59),
            evidence_sha256: '',
            link: '',
            may_decide: false,
            decisions: [{ principal: 'bob', verdict: 'approve', message: 'Checked the calibration too', at: AT(9) }],
            history: [
              { state: 'requested', actor: 'ann', note: '', at: AT(0) },
              { state: 'checking', actor: 'system', note: '', at: AT(0) },
              { state: 'waiting', actor: 'system', note: '0 of 1 approvals', at: AT(1) },
              { state: 'applied', actor: 'system', note: '', at: AT(9) },
            ],
            evidence: {
              checks: [
                { verdict: 'passed', rule: 'auc', explanation: '0.93, at least 0.9' },
                { verdict: 'failed', rule: 'latency', explanation: '41 ms, at most 30 ms' },
              ],
            },
          }}
        />
      </Shown>
      <Shown title="Flow" use="A few things that came of each other, each of them a link. For more than a dozen, a table.">
        <Flow
          label="An example of a flow"
          stages={[
            {
              title: 'Inputs',
              nodes: [
                { id: 'a', icon: Database, label: 'customers', hint: 'training · 5f1c09aa' },
                { id: 'b', icon: Database, label: 'customers', hint: 'validation · 91aa02be' },
              ],
            },
            { title: 'Run', nodes: [{ id: 'c', icon: Play, label: 'bold-crane-17', hint: 'Finished', here: true }] },
            { title: 'Models', nodes: [{ id: 'd', icon: Boxes, label: 'classifier', hint: 'sklearn' }] },
            { title: 'Versions', nodes: [{ id: 'e', icon: Box, label: 'churn', hint: 'version 4' }] },
          ]}
          edges={[
            ['a', 'c'],
            ['b', 'c'],
            ['c', 'd'],
            ['d', 'e'],
          ]}
        />
      </Shown>
      <Shown title="Icons" use="One icon for one thing, everywhere, and always with a word beside it or in its label.">
        <ul className="flex flex-wrap gap-x-5 gap-y-2">
          {(
            [
              [FlaskConical, 'experiment'],
              [Play, 'run'],
              [Database, 'dataset'],
              [Boxes, 'model'],
              [Box, 'version'],
              [GitPullRequestArrow, 'promotion'],
            ] as const
          ).map(([Icon, name]) => (
            <li key={name} className="flex items-center gap-1.5">
              <Icon aria-hidden size={17} className="text-ink-3" /> {name}
            </li>
          ))}
        </ul>
      </Shown>
    </>
  )
}
