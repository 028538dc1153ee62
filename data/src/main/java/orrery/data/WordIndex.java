package orrery.data;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Words to numbers, in the order of their first appearance. A word is known by 64 bits of hash, so that looking one up
 * makes no object. Confined to one thread, or read-only.
 */
final class WordIndex {
    static final long HASH_START = 0xcbf29ce484222325L;
    private static final long HASH_STEP = 0x100000001b3L; // Fowler, Noll and Vo

    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private long[] hashes = new long[1 << 10];
    private int[] numbers = new int[1 << 10]; // number + 1, or 0
    private final List<String> words = new ArrayList<>();

    /** The hash after one more byte. */
    static long hash(long hash, int b) {
        return (hash ^ (b & 0xff)) * HASH_STEP;
    }

    static long hash(byte[] bytes, int from, int to) {
        long hash = HASH_START;
        for (int i = from; i < to; i++) {
            hash = hash(hash, bytes[i]);
        }
        return hash;
    }

    /** Another hash, eight bytes at a time: of categories, which are no words of an index. */
    static long ofCategory(byte[] bytes, int from, int to) {
        long hash = HASH_START ^ (to - from);
        int i = from;
        for (; i + Long.BYTES <= to; i += Long.BYTES) {
            hash = mixed(hash ^ (long) EIGHT.get(bytes, i));
        }
        long rest = 0;
        for (; i < to; i++) {
            rest = rest << 8 | (bytes[i] & 0xff);
        }
        return mixed(hash ^ rest);
    }

    private static long mixed(long x) {
        long product = x * 0x9e3779b97f4a7c15L;
        return product ^ product >>> 32;
    }

    static WordIndex of(List<String> words) {
        var index = new WordIndex();
        for (var word : words) {
            index.add(word);
        }
        return index;
    }

    int size() {
        return words.size();
    }

    List<String> words() {
        return words;
    }

    String word(int number) {
        return words.get(number);
    }

    /** The number of a word; a new one if it has none. */
    int number(byte[] bytes, int from, int to) {
        long hash = hash(bytes, from, to);
        int known = find(hash);
        return known >= 0 ? known : enter(hash, new String(bytes, from, to - from, StandardCharsets.UTF_8));
    }

    /** The number of a word, or -1. */
    int find(long hash) {
        int mask = hashes.length - 1;
        for (int i = home(hash); ; i = (i + 1) & mask) {
            if (numbers[i] == 0) {
                return -1;
            }
            if (hashes[i] == hash) {
                return numbers[i] - 1;
            }
        }
    }

    private int home(long hash) {
        return (int) ((hash * 0x9e3779b97f4a7c15L) >>> 32) & (hashes.length - 1);
    }

    /** The number of the word, which is added if it is new. */
    int add(String word) {
        var bytes = word.getBytes(StandardCharsets.UTF_8);
        long hash = hash(bytes, 0, bytes.length);
        int number = find(hash);
        return number >= 0 ? number : enter(hash, word);
    }

    /** Adds a word that {@link #find} has not found. */
    int enter(long hash, String word) {
        if (2 * (words.size() + 1) > hashes.length) {
            var oldHashes = hashes;
            var oldNumbers = numbers;
            hashes = new long[2 * oldHashes.length];
            numbers = new int[2 * oldHashes.length];
            for (int i = 0; i < oldHashes.length; i++) {
                if (oldNumbers[i] != 0) {
                    place(oldHashes[i], oldNumbers[i]);
                }
            }
        }
        words.add(word);
        place(hash, words.size());
        return words.size() - 1;
    }

    private void place(long hash, int numberPlusOne) {
        int mask = hashes.length - 1;
        int i = home(hash);
        while (numbers[i] != 0) {
            i = (i + 1) & mask;
        }
        hashes[i] = hash;
        numbers[i] = numberPlusOne;
    }

    /**
     * Chooses words: those that at least {@code least} texts have, the commonest {@code most} of them. Returns for each
     * word its new number, by which the commonest comes first, or -1.
     */
    static int[] choose(int[] texts, int least, int most) {
        int n = texts.length;
        var order = new long[n];
        int kept = 0;
        for (int w = 0; w < n; w++) {
            if (texts[w] >= least) {
                order[kept++] = (long) (Integer.MAX_VALUE - texts[w]) << 32 | w;
            }
        }
        Arrays.sort(order, 0, kept);
        var numbers = new int[n];
        Arrays.fill(numbers, -1);
        for (int i = 0; i < Math.min(kept, most); i++) {
            numbers[(int) order[i]] = i;
        }
        return numbers;
    }
}
