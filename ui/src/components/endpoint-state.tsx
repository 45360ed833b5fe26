import type { Endpoint } from '../api/serving.ts'
import { Badge } from './basics.tsx'

/** Whether this server answers with what was asked for last. */
export function EndpointState({ endpoint }: { endpoint: Endpoint }) {
  if (endpoint.trouble) {
    return (
      <Badge tone="bad" title={endpoint.trouble}>
        Trouble
      </Badge>
    )
  }
  if (endpoint.serving_revision === 0) return <Badge tone="warn">Loading</Badge>
  if (endpoint.serving_revision !== endpoint.revision.number) return <Badge tone="live">Switching</Badge>
  if (endpoint.asleep) return <Badge title="Nobody has asked for a while: its models are loaded for the next request.">Asleep</Badge>
  return <Badge tone="good">Answers</Badge>
}
