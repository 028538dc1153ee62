package orrery.table;

import java.util.List;
import orrery.store.Safetensors;

/** The rows of one table that live in one node. Written under stripe locks, read without any. */
sealed interface Shard permits FloatShard, IntShard {
    Rows rows();

    StripeLocks locks();

    /** A stage begins at clock 0: what rules remember of clocks no longer holds. */
    default void beginStage() {}

    /** Bytes of values and rule state. */
    long bytes();

    /** What a checkpoint keeps: values, rule state, keys if sparse. Only while nobody adds. */
    List<Safetensors.Tensor> tensors();

    /** Takes the state of a checkpoint in place of its own. Only while nobody uses it. */
    void load(Safetensors file) throws java.io.IOException;
}
