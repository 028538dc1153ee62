package orrery.table;

import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;
import orrery.table.cells.LongIndex;
import orrery.table.cells.StripeLocks;

/** Every interleaving of a few operations, within bounds, by Lincheck's model checker. */
final class ConcurrencyLincheckTest {

    /** A counter behind a stripe lock is atomic. */
    public static final class Counter {
        private final StripeLocks locks = new StripeLocks(2);
        private int count;

        @Operation
        public int next() {
            locks.lock(1);
            try {
                return ++count;
            } finally {
                locks.unlock(1);
            }
        }

        @Operation
        public int both() {
            locks.lockAll(3);
            try {
                return count += 2;
            } finally {
                locks.unlockAll(3);
            }
        }
    }

    /** Reads without a lock, against writes under one, are linearizable, growth included. */
    @Param(name = "key", gen = IntGen.class, conf = "0:2")
    public static final class Index {
        private final LongIndex index = new LongIndex();
        private final StripeLocks lock = new StripeLocks(1);

        public Index() {
            for (int i = 100; i < 107; i++) {
                index.put(i, i); // two more and it grows
            }
        }

        @Operation
        public int find(int key) {
            return index.find(key);
        }

        @Operation
        public int putIfAbsent(int key) {
            lock.lock(0);
            try {
                int found = index.find(key);
                if (found < 0) {
                    index.put(key, key + 1000);
                }
                return found;
            } finally {
                lock.unlock(0);
            }
        }
    }

    private static ModelCheckingOptions bounded() {
        return new ModelCheckingOptions()
                .iterations(8)
                .invocationsPerIteration(150)
                .threads(2)
                .actorsPerThread(2)
                .actorsBefore(1)
                .actorsAfter(1);
    }

    @Test
    void stripeLocksExclude() {
        bounded().check(Counter.class);
    }

    @Test
    void unlockedReadsOfTheIndexAreLinearizable() {
        bounded().check(Index.class);
    }
}
