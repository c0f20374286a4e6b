/** Confirms receipt of what was painted, from a desk that may: on shift, heard, and in front of somebody. */
import { watch } from 'vue'
import { Refusal } from '@/lib/http'
import { act } from '@/lib/doing'
import type { Incident } from '@/lib/incident'
import { confirms, desk, look } from './shift'

/** Give what is told of each unsigned incident that came; it confirms once the picture stands. */
export function useReceipts(center: string) {
  const waiting = new Map<string, Incident>()
  const sent = new Set<string>()

  function painted(incident: Incident): void {
    waiting.set(incident.id, incident)
    requestAnimationFrame(() => setTimeout(flush))
  }

  function flush(): void {
    if (!confirms.value || document.visibilityState !== 'visible') return
    for (const [id, incident] of waiting) {
      const once = `${id}/${incident.rounds.length}`
      waiting.delete(id)
      if (sent.has(once)) continue
      sent.add(once)
      void confirm(incident, once)
    }
  }

  async function confirm(incident: Incident, once: string): Promise<void> {
    try {
      await act(incident.id, 'receipt', { desk })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const again = error.unreached || error.type.startsWith('desk-')
      if (!again) return
      sent.delete(once)
      waiting.set(incident.id, incident)
      await look(center).catch(() => undefined)
      setTimeout(flush, AGAIN_MS)
    }
  }

  watch(confirms, flush)
  document.addEventListener('visibilitychange', flush)
  return { painted }
}

const AGAIN_MS = 2000
