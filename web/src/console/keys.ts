/** What the keys of the console do, for the help that opens on `?`. */
import { t } from '@/lib/i18n'

/** Give each key with its words, in the page's language. */
export function helpKeys(): { key: string; text: string }[] {
  return [
    { key: 'F2', text: t('console.key_sign') },
    { key: 'F4', text: t('verb.assign') },
    { key: '1–9', text: t('console.key_team') },
    { key: 'Enter', text: t('console.key_main') },
    { key: '↑ ↓', text: t('console.key_move') },
    { key: 'F6', text: t('console.mute') },
    { key: 'F8', text: t('console.handover') },
    { key: 'F9', text: t('console.wall') },
    { key: '/', text: t('console.history') },
    { key: 'Esc', text: t('ui.close') },
  ]
}
