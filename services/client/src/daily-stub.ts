/** Stands in for `@daily-co/daily-js`, which both transports import and this page never calls. */
export default {};
