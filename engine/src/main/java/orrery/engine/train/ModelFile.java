package orrery.engine.train;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import orrery.store.Place;
import orrery.store.Printable;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;

/** How models are kept: safetensors whose metadata say which kind of model it is, and where it comes from. */
public final class ModelFile {
    private static final String FORMAT = "format";
    private static final String PROVENANCE = "provenance.";
    private static final String SUM = "sum"; // of all but itself

    private ModelFile() {}

    /** Writes a model of a format; all at once or not at all. */
    public static void write(
            Place file, String format, Map<String, String> about, Map<String, String> provenance, List<Tensor> tensors)
            throws IOException {
        var metadata = new LinkedHashMap<String, String>();
        metadata.put(FORMAT, format);
        metadata.putAll(about);
        new TreeMap<>(provenance).forEach((key, value) -> metadata.put(PROVENANCE + key, value));
        metadata.put(SUM, Safetensors.sum(metadata, tensors));
        file.parent().write(file.name(), out -> Safetensors.write(out, metadata, tensors));
    }

    /** Which format a model has; empty if the file does not say. */
    public static String format(Place file) throws IOException {
        try (var opened = Safetensors.open(file.parent(), file.name())) {
            return opened.metadata().getOrDefault(FORMAT, "");
        }
    }

    /**
     * Opens a model of a format, to be closed by the caller.
     *
     * @param what the kind of model, for messages
     */
    public static Safetensors open(Place file, String format, String what) throws IOException {
        var opened = Safetensors.open(file.parent(), file.name());
        try {
            check(opened, format, what);
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /** A whole number in a model's metadata, 1 or more. */
    public static int count(Safetensors file, String name, Place path) throws IOException {
        try {
            return Integer.parseInt(file.metadata().getOrDefault(name, ""));
        } catch (NumberFormatException e) {
            throw new IOException(path + ": does not say its " + name, e);
        }
    }

    private static void check(Safetensors opened, String format, String what) throws IOException {
        String is = opened.metadata().getOrDefault(FORMAT, "not given");
        if (!is.equals(format)) {
            throw new IOException(opened.where() + ": is not " + what + " of Orrery's: its format is "
                    + Printable.of(is) + ", expected " + format);
        }
        String due = opened.metadata().getOrDefault(SUM, ""); // what others have written has none
        String found = due.isEmpty() ? due : opened.sum(SUM);
        if (!found.equals(due)) {
            throw new IOException(opened.where() + ": is damaged: its content has sum " + found + ", expected "
                    + Printable.of(due) + "; take another copy of it, or train anew");
        }
    }

    /** Where the model comes from. */
    public static Map<String, String> provenance(Safetensors file) {
        var provenance = new LinkedHashMap<String, String>();
        file.metadata().forEach((key, value) -> {
            if (key.startsWith(PROVENANCE)) {
                provenance.put(key.substring(PROVENANCE.length()), value);
            }
        });
        return provenance;
    }

    /** The values of a tensor, all of them finite. */
    public static float[] finite(Safetensors file, String name) throws IOException {
        var values = file.floats(name);
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IOException(file.where() + ": tensor '" + name + "' holds " + values[i] + " at " + i);
            }
        }
        return values;
    }

    /** The same of a tensor of doubles. */
    public static double[] finiteDoubles(Safetensors file, String name) throws IOException {
        var values = file.doubles(name);
        for (int i = 0; i < values.length; i++) {
            if (!Double.isFinite(values[i])) {
                throw new IOException(file.where() + ": tensor '" + name + "' holds " + values[i] + " at " + i);
            }
        }
        return values;
    }
}
