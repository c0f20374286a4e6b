declare module '*.json?phone' {
  const words: Readonly<Record<string, string>>
  export default words
}
