/** A photo as it is sent: the original where it may be, else made smaller, and said so. */

export const MOST_BYTES = 5_000_000
export const MOST_PHOTOS = 6
const TYPES = new Set(['image/jpeg', 'image/png', 'image/webp'])
const SIDES = [4096, 3072, 2048, 1280]
const QUALITY = 0.85

export interface Photo {
  blob: Blob
  /** It is not the original any more: why. */
  changed: 'size' | 'type' | null
  /** How large the original was, in bytes. */
  was: number
}

/** Take a photo for sending; null if it is no picture this browser can read. */
export async function taken(file: Blob): Promise<Photo | null> {
  const picture = await createImageBitmap(file).catch(() => null)
  if (picture === null) return null
  try {
    const changed = !TYPES.has(file.type) ? 'type' : file.size > MOST_BYTES ? 'size' : null
    if (changed === null) return { blob: file, changed, was: file.size }
    for (const side of SIDES) {
      const blob = await drawn(picture, side)
      if (blob !== null && blob.size <= MOST_BYTES) return { blob, changed, was: file.size }
    }
    return null
  } finally {
    picture.close()
  }
}

function drawn(picture: ImageBitmap, side: number): Promise<Blob | null> {
  const canvas = document.createElement('canvas')
  drawOn(canvas, picture, side)
  return new Promise((go) => canvas.toBlob(go, 'image/jpeg', QUALITY))
}

/** Draw a picture so that its longer side is at most `side` pixels. */
export function drawOn(canvas: HTMLCanvasElement, picture: ImageBitmap, side: number): void {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height))
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
}
