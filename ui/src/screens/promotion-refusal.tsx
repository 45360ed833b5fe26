import { useQuery } from '@tanstack/react-query'
import { promotionQuery, type Promotion } from '../api/registry.ts'

/** Why whoever looks may not decide a promotion that waits, before they try. */
export function WhyNot({ promotion }: { promotion: Promotion }) {
  const waits = promotion.state === 'waiting'
  const { data } = useQuery({ ...promotionQuery(promotion.id), enabled: waits })
  if (!waits || !data?.why_not) return null
  return <p className="mt-1 text-sm break-words text-ink-2">You do not decide this one. {data.why_not}</p>
}
