package orrery.engine.event;

import java.io.IOException;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;
import orrery.store.Json;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;

/**
 * The cuts of a run in their order, stored by column, since a long run has many. Cuts are only added, so a list from
 * {@link #soFar} does not change. Confined to one thread.
 */
public final class History extends AbstractList<RunEvent.CutReached> implements RandomAccess {
    private final List<String> stages = new ArrayList<>(); // names that there are
    private final List<List<String>> shapes = new ArrayList<>(); // lists of metrics that there are
    private int size;
    private int[] stage = new int[16]; // by cut
    private int[] shape = new int[16];
    private long[] clock = new long[16];
    private long[] examples = new long[16];
    private long[] nanos = new long[16];
    private int[] first = new int[16]; // of its values
    private double[] values = new double[64];
    private int valueCount;

    @Override
    public boolean add(RunEvent.CutReached cut) {
        if (size == stage.length) {
            stage = Arrays.copyOf(stage, 2 * size);
            shape = Arrays.copyOf(shape, 2 * size);
            clock = Arrays.copyOf(clock, 2 * size);
            examples = Arrays.copyOf(examples, 2 * size);
            nanos = Arrays.copyOf(nanos, 2 * size);
            first = Arrays.copyOf(first, 2 * size);
        }
        var metrics = cut.metrics();
        if (valueCount + metrics.size() > values.length) {
            values = Arrays.copyOf(values, Math.max(2 * values.length, valueCount + metrics.size()));
        }
        stage[size] = number(stages, cut.stage());
        shape[size] = number(shapes, List.copyOf(metrics.keySet()));
        clock[size] = cut.clock();
        examples[size] = cut.examples();
        nanos[size] = cut.elapsed().toNanos();
        first[size] = valueCount;
        for (double value : metrics.values()) {
            values[valueCount++] = value;
        }
        size++;
        return true;
    }

    /** The place of something in a short list, to which it is added if it is not there. */
    private static <T> int number(List<T> all, T one) {
        int at = all.lastIndexOf(one);
        if (at < 0) {
            all.add(one);
            return all.size() - 1;
        }
        return at;
    }

    @Override
    public RunEvent.CutReached get(int i) {
        if (i < 0 || i >= size) {
            throw new IndexOutOfBoundsException("cut " + i + " of " + size);
        }
        var metrics = new LinkedHashMap<String, Double>();
        int at = first[i];
        for (var name : shapes.get(shape[i])) {
            metrics.put(name, values[at++]);
        }
        return new RunEvent.CutReached(
                stages.get(stage[i]), clock[i], metrics, examples[i], Duration.ofNanos(nanos[i]));
    }

    @Override
    public int size() {
        return size;
    }

    /** The cuts that there are now, which later ones leave as they are. */
    public List<RunEvent.CutReached> soFar() {
        int now = size;
        return new AbstractList<>() {
            @Override
            public RunEvent.CutReached get(int i) {
                if (i >= now) {
                    throw new IndexOutOfBoundsException("cut " + i + " of " + now);
                }
                return History.this.get(i);
            }

            @Override
            public int size() {
                return now;
            }
        };
    }

    // As a file

    private static final String NAMES = "names";

    public Map<String, String> metadata() {
        return Map.of(NAMES, Json.line(Map.of("stages", stages, "shapes", shapes)));
    }

    public List<Tensor> tensors() {
        return List.of(
                Tensor.ints("stage", Arrays.copyOf(stage, size)),
                Tensor.ints("shape", Arrays.copyOf(shape, size)),
                Tensor.longs("clock", Arrays.copyOf(clock, size)),
                Tensor.longs("examples", Arrays.copyOf(examples, size)),
                Tensor.longs("nanos", Arrays.copyOf(nanos, size)),
                Tensor.doubles("values", Arrays.copyOf(values, valueCount)));
    }

    /** What another history had so far, as one of its own. */
    public static History of(List<RunEvent.CutReached> cuts) {
        var history = new History();
        history.addAll(cuts);
        return history;
    }

    /** Reads what {@link #metadata} and {@link #tensors} gave. */
    public static History read(Safetensors file) throws IOException {
        var names = Json.object(file.metadata().getOrDefault(NAMES, "{}"), file.where());
        var stages = Json.list(names.get("stages"), file.where(), "stages").stream()
                .map(String::valueOf)
                .toList();
        var shapes = new ArrayList<List<String>>();
        for (var shape : Json.list(names.get("shapes"), file.where(), "shapes")) {
            shapes.add(Json.list(shape, file.where(), "shape").stream()
                    .map(String::valueOf)
                    .toList());
        }
        var stage = file.ints("stage");
        var shape = file.ints("shape");
        var clock = file.longs("clock");
        var examples = file.longs("examples");
        var nanos = file.longs("nanos");
        var values = file.doubles("values");
        var history = new History();
        int at = 0;
        try {
            for (int i = 0; i < stage.length; i++) {
                var metrics = new LinkedHashMap<String, Double>();
                for (var name : shapes.get(shape[i])) {
                    metrics.put(name, values[at++]);
                }
                history.add(new RunEvent.CutReached(
                        stages.get(stage[i]), clock[i], metrics, examples[i], Duration.ofNanos(nanos[i])));
            }
        } catch (IndexOutOfBoundsException e) {
            throw new IOException(file.where() + ": is damaged: its parts do not fit together", e);
        }
        return history;
    }
}
