// What scrolls sideways can be reached and scrolled with the keyboard. The theme wraps tables after the page is loaded.
const scrolling = ".md-typeset__scrollwrap, .shown > div";
const reach = () => document.querySelectorAll(scrolling).forEach((each) => (each.tabIndex = 0));
new MutationObserver(reach).observe(document.body, { childList: true, subtree: true });
reach();
