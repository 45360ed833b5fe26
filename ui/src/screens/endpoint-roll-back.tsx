import { rollBackEndpoint, type Endpoint } from '../api/serving.ts'
import { StepsDialog } from './endpoint-deploy.tsx'

/** Back to a revision; to the one before where none is given. While a canary is under way that ends it. */
export function RollBackDialog({ open, endpoint: { name, revision }, to, onClose }: { open: boolean; endpoint: Endpoint; to?: number | undefined; onClose: () => void }) {
  const { canary } = revision
  const stops = canary !== undefined && to === undefined
  const wanted = to ?? revision.number - 1
  return (
    <StepsDialog
      open={open}
      title={stops ? 'Stop the canary' : `Roll ${name} back`}
      action={stops ? 'Stop it' : 'Roll back'}
      danger
      onClose={onClose}
      start={() => rollBackEndpoint(name, to)}
      done={stops ? `The canary ended: ${canary.champion} answers all requests.` : `${name} answers as revision ${wanted} did.`}
    >
      <p className="text-ink-2">
        {stops
          ? `All requests go to ${canary.champion} again. What ${canary.variant} has answered stays in the prediction log.`
          : `It answers again as revision ${wanted} did, variants, shadows and policy. A new revision ${revision.number + 1} says so; nothing of the history goes.`}
      </p>
    </StepsDialog>
  )
}
