package orrery.learn;

/** Where the parameters of a model are while it is trained, and how workers read them. */
public enum Layout {
    /**
     * As suits the training: sparse where features have keys; dense where workers are threads, where a batch touches many of
     * the parameters, or where they are few; else by key.
     */
    AUTO,
    /** Every process that has workers may hold all of them side by side: the fastest as long as they fit. */
    DENSE,
    /** A process holds its own, and workers ask for those that they need by key: more processes hold more of them. */
    KEYED,
    /** The same, with memory only for those that were ever touched; keys are any numbers of 64 bits. */
    SPARSE
}
