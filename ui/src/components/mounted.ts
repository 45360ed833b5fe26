import { useEffect, useRef, type RefObject } from 'react'

/** Whether the component still is on the page: an answer that comes after it has left must not lead back to it. */
export function useMounted(): Readonly<RefObject<boolean>> {
  const mounted = useRef(false)
  useEffect(() => {
    mounted.current = true
    return () => {
      mounted.current = false
    }
  }, [])
  return mounted
}
