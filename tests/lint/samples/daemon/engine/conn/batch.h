/* batch: a struct on a list, and a head that says who has it.
 * Owner: the engine.
 */
struct batch {
    struct list_node node;
};
