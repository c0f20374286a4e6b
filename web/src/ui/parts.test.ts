import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { addWords, language } from '@/lib/i18n'
import type { Clock } from '@/lib/legs'
import ui from '@/locales/zh-CN/ui.json'
import words from '@/locales/zh-CN/words.json'
import Button from './Button.vue'
import DataTable from './DataTable.vue'
import Field from './Field.vue'
import FloorPlan from './FloorPlan.vue'
import KeyHelp from './KeyHelp.vue'
import LevelBadge from './LevelBadge.vue'
import LinkBar from './LinkBar.vue'
import Ring from './Ring.vue'
import Toast, { toast } from './Toast.vue'

addWords({ 'zh-CN': { ...words, ...ui }, en: {} })
language.value = 'zh-CN'

const clock = (change: Partial<Clock> = {}): Clock => ({
  leg: 'on_scene', round: 1, organisation: 'a', state: 'running', target: 300_000, start: 0, due: 300_000,
  end: null, left: 242_000, took: 58_000, ratio: 0.193, amended: false, measured: true, ...change,
})
const over = clock({ state: 'over', left: -12_000, took: 312_000, ratio: 1.04 })

afterEach(() => vi.useRealTimers())

describe('a ring', () => {
  it('is a timer by name, with what is left in digits', () => {
    const ring = mount(Ring, { props: { clock: clock() } })

    expect(ring.get('[role=timer]').attributes('aria-label')).toBe('到场 正常 04:02')
    expect(ring.get('text').text()).toBe('04:02')
  })

  it('counts up when it is overdue, with a sign and a word', () => {
    const ring = mount(Ring, { props: { clock: over } })

    expect(ring.get('text').text()).toBe('+00:12')
    expect(ring.get('.word').text()).toBe('超时')
    expect(ring.find('.full').exists()).toBe(true)
  })

  it('tells a screen reader when it is near and when it is overdue, not each second', async () => {
    const ring = mount(Ring, { props: { clock: clock() } })
    const said: string[] = []
    for (const now of [clock({ left: 100_000 }), clock({ state: 'near', left: 60_000 }), clock({ state: 'near', left: 59_000 }), over]) {
      await ring.setProps({ clock: now })
      said.push(ring.get('[role=status]').text())
    }

    expect(said).toEqual(['', '到场 临期', '到场 临期', '到场 超时'])
  })

  it('keeps the time that was taken', () => {
    const texts = (['met', 'missed'] as const).map((state) =>
      mount(Ring, { props: { clock: clock({ state, left: null, took: 34_000, end: 34_000 }) } }).get('text').text(),
    )

    expect(texts).toEqual(['00:34', '00:34'])
  })
})

describe('a level', () => {
  it('has a word and a shape beside its colour', () => {
    const shapes = (['red', 'orange', 'yellow', 'blue'] as const).map((severity) => {
      const badge = mount(LevelBadge, { props: { severity } })
      return [badge.text(), badge.get('path').attributes('d')]
    })

    expect(shapes.map(([word]) => word)).toEqual(['红', '橙', '黄', '蓝'])
    expect(new Set(shapes.map(([, shape]) => shape)).size).toBe(4)
  })
})

describe('the bar of the link', () => {
  it('is not there while the stream is live', () => {
    expect(mount(LinkBar, { props: { link: 'live', silence: 0, asOf: 0 } }).find('.bar').exists()).toBe(false)
  })

  it('says for how long, and as of when', () => {
    const bar = mount(LinkBar, { props: { link: 'slow', silence: 12, asOf: Date.parse('2026-11-23T06:03:21Z') } })

    expect(bar.get('.bar').text()).toBe('连接中断 12 秒，以下为 14:03:21 的数据')
  })

  it('is said once to a screen reader, not each second', async () => {
    const bar = mount(LinkBar, { props: { link: 'slow', silence: 12, asOf: 0 } })
    const first = bar.get('[role=status]').text()
    await bar.setProps({ silence: 13 })

    expect(bar.get('[role=status]').text()).toBe(first)
  })
})

describe('a field', () => {
  it('belongs to its label, and its fault to it', () => {
    const field = mount(Field, { props: { label: '原因', fault: '请填写原因', required: true } })
    const input = field.get('input')

    expect(field.get('label').attributes('for')).toBe(input.attributes('id'))
    expect(input.attributes('aria-invalid')).toBe('true')
    expect(field.get(`#${input.attributes('aria-describedby')}`).text()).toBe('请填写原因')
  })
})

describe('a button', () => {
  it('says that it is busy, and which key does the same', () => {
    const button = mount(Button, { props: { busy: true, keyName: 'F2' }, slots: { default: '签收' } })

    expect(button.attributes()).toMatchObject({ 'aria-busy': 'true', 'aria-keyshortcuts': 'F2', type: 'button' })
  })
})

describe('a table', () => {
  const rows = [{ id: 'a', took: 2 }, { id: 'b', took: 1 }]
  const columns = [{ key: 'id', label: '编号', sortable: true }, { key: 'took', label: '用时', numeric: true }]
  const table = (props = {}): ReturnType<typeof mount> =>
    mount(DataTable as never, { props: { columns, rows, caption: '警情', rowKey: (row: { id: string }) => row.id, openable: true, ...props } as never })

  it('opens a row by the keyboard as by the mouse, once', async () => {
    const here = table()

    await here.findAll('tbody button')[1]?.trigger('click')
    await here.findAll('tbody tr')[0]?.trigger('click')

    expect(here.emitted('open')).toEqual([[rows[1]], [rows[0]]])
  })

  it('says by what it is sorted', async () => {
    const here = table({ sort: { key: 'id', descending: false } })

    expect(here.get('th').attributes('aria-sort')).toBe('ascending')
    await here.get('th button').trigger('click')
    expect(here.emitted('update:sort')).toEqual([[{ key: 'id', descending: true }]])
  })

  it('says when nothing is there', () => {
    expect(table({ rows: [], empty: '没有警情' }).get('.empty').text()).toBe('没有警情')
  })
})

describe('a floor plan', () => {
  const plan = {
    type: 'FeatureCollection' as const,
    features: [{ type: 'Feature' as const, properties: { name: '车间' }, geometry: { type: 'Polygon', coordinates: [[[0, 0], [40, 0], [40, 20], [0, 20], [0, 0]]] } }],
  }

  it('has north up, and names its marks in words', () => {
    const drawn = mount(FloorPlan, { props: { plan, marks: [{ x: 10, y: 20, kind: 'incident', label: '肢体冲突' }] } })

    expect(drawn.get('.incident').attributes('transform')).toContain('translate(10 0)')
    expect(drawn.get('li').text()).toBe('事发点: 肢体冲突')
  })

  it('says that there is none', () => {
    expect(mount(FloorPlan, { props: { plan: null } }).text()).toBe('没有平面图')
  })
})

describe('a note', () => {
  it('goes by itself, a fault stays until it is closed', async () => {
    vi.useFakeTimers()
    const here = mount(Toast)
    toast('已办结')
    toast('已有人先办', { kind: 'fault' })
    vi.advanceTimersByTime(6000)
    await nextTick()

    expect(here.findAll('.toast').map((each) => each.text())).toEqual(['已有人先办'])
    await here.get('button[aria-label=关闭]').trigger('click')
    expect(here.find('.toast').exists()).toBe(false)
  })
})

describe('the help on keys', () => {
  const press = (target: EventTarget, isComposing = false): boolean =>
    target.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true, isComposing }))

  it('opens by ?, but not while somebody writes or composes', () => {
    const help = mount(KeyHelp, { props: { keys: [{ key: 'F2', text: '签收' }] }, attachTo: document.body })
    const input = document.body.appendChild(document.createElement('input'))

    press(input)
    press(document.body, true)
    expect(help.emitted('update:open')).toBeUndefined()
    press(document.body)
    expect(help.emitted('update:open')).toEqual([[true]])
  })
})
