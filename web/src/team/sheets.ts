/** The sheets of an order, in a file of their own. */
export { default as ArriveSheet } from './ArriveSheet.vue'
export { default as ResultSheet } from './ResultSheet.vue'
