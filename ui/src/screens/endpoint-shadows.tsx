// Versions that are asked what the endpoint is asked, without anybody getting their answers.

import { Ghost, X } from 'lucide-react'
import { useState } from 'react'
import { setShadows, type Endpoint, type Variant, type VariantNow } from '../api/serving.ts'
import { Button, IconButton, Section } from '../components/basics.tsx'
import { textIn } from '../components/form-dialog.tsx'
import { formatShare, versionOf } from '../lib/serving.ts'
import { ModelChoice, StepsDialog } from './endpoint-deploy.tsx'
import { Done, VariantName } from './endpoint-variants.tsx'

interface ShadowsProps {
  endpoint: Endpoint
  now: readonly VariantNow[]
  colors: ReadonlyMap<string, number>
  onAdd: () => void
}

export function ShadowsSection({ endpoint, now, colors, onAdd }: ShadowsProps) {
  const { name, revision } = endpoint
  const [ending, setEnding] = useState<Variant>()
  return (
    <Section
      title="Shadows"
      id="shadows"
      actions={
        <Button kind="quiet" icon={Ghost} onClick={onAdd}>
          Add one
        </Button>
      }
    >
      {revision.shadows.length === 0 ? (
        <p className="text-ink-2">None. A shadow is asked the same, its answers go to nobody but are compared and kept: see what a version would say before it does.</p>
      ) : (
        <ul aria-labelledby="shadows" className="-my-2 divide-y divide-line">
          {revision.shadows.map((shadow) => {
            const standing = now.find((each) => each.name === shadow.name)
            return (
              <li key={shadow.name} className="flex items-start gap-2 py-2">
                <div className="min-w-0 flex-1">
                  <VariantName variant={shadow} color={colors.get(shadow.name) ?? 0} />
                  <p className="mt-0.5 text-sm text-ink-3">
                    <Done now={standing} />
                    {standing?.agreement && ` · disagrees on ${formatShare(standing.agreement.disagreed / standing.agreement.compared)}`}
                  </p>
                </div>
                <IconButton label={`End the shadow ${shadow.name}`} icon={X} onClick={() => setEnding(shadow)} />
              </li>
            )
          })}
        </ul>
      )}
      <StepsDialog
        open={ending !== undefined}
        title={ending ? `End the shadow ${ending.name}` : 'End the shadow'}
        action="End it"
        danger
        onClose={() => setEnding(undefined)}
        start={() => setShadows(name, revision.shadows.filter((each) => each !== ending).map(versionOf))}
        done={`${ending?.name} is no shadow of ${name} any more.`}
      >
        <p className="text-ink-2">It is not asked any more. What it has answered stays in the prediction log; how it agreed until now is not shown here any more.</p>
      </StepsDialog>
    </Section>
  )
}

export function ShadowDialog({ open, endpoint: { name, revision }, onClose }: { open: boolean; endpoint: Endpoint; onClose: () => void }) {
  return (
    <StepsDialog open={open} title={`A shadow of ${name}`} action="Add it" onClose={onClose} done={`${name} has a new shadow.`} start={(fields) => setShadows(name, [...revision.shadows.map(versionOf), textIn(fields, 'model')])}>
      <p className="text-ink-2">It is asked whatever {name} is asked, after the answer was sent. Nobody gets its answers; they are compared with the champion's and kept beside them.</p>
      <ModelChoice of={revision.variants[0]?.model} without={[...revision.variants, ...revision.shadows].map(versionOf)} />
    </StepsDialog>
  )
}
