// Whether the chain of events holds: up to where it was checked, by whom, and what was found.

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ShieldAlert, ShieldCheck, ShieldQuestion } from 'lucide-react'
import { useEffect } from 'react'
import { chainQuery, checkChain, type Chain, type ChainChecked } from '../api/admin.ts'
import { Button, CodeBlock, CopyButton, ErrorState, Skeleton, Time } from '../components/basics.tsx'
import { Popup } from '../components/menu.tsx'
import { Progress, useOperation } from '../components/operation.tsx'
import { formatCount, plural } from '../lib/format.ts'

export function ChainStatus() {
  const client = useQueryClient()
  const { data: chain, error } = useQuery(chainQuery)
  const check = useOperation()
  const state = check.operation?.state
  useEffect(() => {
    if (state === 'succeeded') void client.invalidateQueries({ queryKey: chainQuery.queryKey })
  }, [state, client])
  if (error) return <ErrorState error={error} what="The status of the chain could not be read" />
  if (!chain) return <Skeleton lines={1} label="Loading the status of the chain" />
  const result = check.operation?.result as ChainChecked | undefined
  return (
    <section aria-label="The chain of events" className="card flex flex-wrap items-center gap-x-3 gap-y-2 px-3.5 py-2 text-sm">
      {check.busy ? (
        <div className="flex-1">
          <Progress operation={check.operation}>
            {`Checking: block ${formatCount(check.operation?.progress.blocks ?? 0)} of ${formatCount(chain.last_block)}, ${plural(check.operation?.progress.events ?? 0, 'event')}`}
          </Progress>
        </div>
      ) : (
        <>
          <Verdict chain={chain} />
          <span className="ml-auto flex flex-wrap items-center gap-1">
            <Head chain={chain} />
            <Button icon={ShieldCheck} onClick={() => void check.begin(checkChain)}>
              Check now
            </Button>
          </span>
        </>
      )}
      {check.error !== undefined && (
        <div className="w-full">
          <ErrorState error={check.error} what="The chain could not be checked" />
        </div>
      )}
      {result && !result.holds && (
        <div role="alert" className="w-full rounded-md bg-bad-soft p-3">
          <p className="font-semibold text-bad">{plural(result.finding_count, 'finding')}</p>
          {result.findings.length === 0 ? (
            <p>What was found may be about other workspaces: an administrator who checks sees it.</p>
          ) : (
            <ul className="mt-1 list-disc pl-5 break-words">
              {result.findings.slice(0, 20).map((finding) => (
                <li key={finding}>{finding}</li>
              ))}
            </ul>
          )}
        </div>
      )}
    </section>
  )
}

function Verdict({ chain }: { chain: Chain }) {
  const last = chain.last_check
  if (!last) {
    return (
      <p className="flex items-center gap-2">
        <ShieldQuestion aria-hidden size={18} className="shrink-0 text-ink-3" />
        <span>
          <strong>Not checked yet.</strong> <Rest chain={chain} />
        </span>
      </p>
    )
  }
  const Icon = last.findings === 0 ? ShieldCheck : ShieldAlert
  return (
    <p className="flex items-start gap-2">
      <Icon aria-hidden size={18} className={`mt-0.5 shrink-0 ${last.findings === 0 ? 'text-good' : 'text-bad'}`} />
      <span>
        <strong>{last.findings === 0 ? `Chain intact up to block ${formatCount(last.blocks)}` : `Chain broken: ${plural(last.findings, 'finding')}`}</strong>, checked <Time millis={Date.parse(last.at)} /> by{' '}
        {last.by}. <Rest chain={chain} />
      </span>
    </p>
  )
}

function Rest({ chain }: { chain: Chain }) {
  return (
    <span className="text-ink-2">
      {chain.last_block === 0 ? 'No block is closed yet' : `It has ${plural(chain.last_block, 'block')}`}
      {chain.pruned_blocks > 0 && `, ${formatCount(chain.pruned_blocks)} of them emptied by retention`}
      {chain.unsealed_events > 0 && `; ${plural(chain.unsealed_events, 'event')} wait to be sealed`}.
    </span>
  )
}

function Head({ chain }: { chain: Chain }) {
  if (chain.last_block === 0) return null
  return (
    <Popup label="The head of the chain" trigger={<Button kind="quiet">Head</Button>}>
      <div className="grid w-[min(26rem,80vw)] grid-cols-[minmax(0,1fr)] gap-2 text-sm">
        <p className="text-ink-2">
          The hash of block {formatCount(chain.last_block)}. Kept where nobody who reaches the database can write, it fixes the whole past: give it back later, and a chain that was rewritten is found.
        </p>
        <p className="flex items-start gap-1">
          <code className="min-w-0 flex-1 font-mono text-xs break-all">{chain.head}</code>
          <CopyButton text={chain.head} />
        </p>
        <CodeBlock label="Command" code={`millwright ledger verify --head ${chain.head}`} />
      </div>
    </Popup>
  )
}
