import { beforeEach, describe, expect, it, vi } from 'vitest'

let allowed = true
let voices: number[] = []

class Audio extends EventTarget {
  state = 'suspended'
  currentTime = 0
  destination = {}
  resume(): Promise<void> {
    if (allowed) this.state = 'running'
    return allowed ? Promise.resolve() : new Promise(() => undefined)
  }
  createOscillator(): unknown {
    const voice = { type: '', frequency: { value: 0 }, connect: (to: unknown) => to, start: () => voices.push(voice.frequency.value), stop: () => undefined }
    return voice
  }
  createGain(): unknown {
    return { gain: { setValueAtTime: vi.fn(), linearRampToValueAtTime: vi.fn() }, connect: (to: unknown) => to }
  }
}
async function page(): Promise<typeof import('./sound')> {
  vi.resetModules()
  return await import('./sound')
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('AudioContext', Audio)
  allowed = true
  voices = []
})

describe('the sound of a page', () => {
  it('is blocked until somebody touches the page', async () => {
    const sound = await page()

    sound.play('new')
    expect([sound.state.value, voices]).toEqual(['blocked', []])
    expect(await sound.unlock()).toBe('on')
  })

  it('says that it is blocked when the browser does not allow it', async () => {
    allowed = false
    const sound = await page()

    const unlocking = sound.unlock()
    await vi.advanceTimersByTimeAsync(600)

    expect(await unlocking).toBe('blocked')
  })

  it('is silent where there is no sound at all', async () => {
    vi.stubGlobal('AudioContext', undefined)

    expect(await (await page()).unlock()).toBe('silent')
  })

  it('goes on until it is told to end', async () => {
    const sound = await page()
    await sound.unlock()

    sound.play('new')
    const first = voices.length
    vi.advanceTimersByTime(6000)
    const later = voices.length
    sound.play('none')
    vi.advanceTimersByTime(6000)

    expect(first).toBeGreaterThan(0)
    expect(later).toBe(4 * first)
    expect(voices.length).toBe(later)
  })

  it('has three patterns that cannot be taken for one another', async () => {
    const sound = await page()
    await sound.unlock()

    const patterns = (['new', 'urgent', 'link'] as const).map((tone) => {
      voices = []
      sound.once(tone)
      return voices.join()
    })

    expect(new Set(patterns).size).toBe(3)
  })
})
