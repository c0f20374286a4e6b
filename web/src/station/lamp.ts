/** How far an alert has come, as its lamp tells: sent, delivered, answered. */

/** Red until the center has it, green while it is worked on, grey once the outcome is there. */
export function lampOf(state: string): 'sent' | 'delivered' | 'answered' {
  if (state === 'sent' || state === 'open') return 'sent'
  return ['resolved', 'closed', 'cancelled', 'refused', 'handed_over'].includes(state) ? 'answered' : 'delivered'
}
