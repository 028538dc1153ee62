package orrery.hadoop;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DateLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;
import orrery.data.DataException;
import orrery.store.Place;

/** The cells of a column as texts. */
@FunctionalInterface
interface Cells {
    long JULIAN_DAY_OF_1970 = 2_440_588;

    /** Appends the cell that {@code column} is at; it has one. */
    void appendValue(ColumnReader column, StringBuilder text);

    /** Appends the cell; nothing if it is null. */
    default void append(ColumnReader column, StringBuilder text) {
        if (column.getCurrentDefinitionLevel() == column.getDescriptor().getMaxDefinitionLevel()) {
            appendValue(column, text);
        }
    }

    /** How cells of a type are written. */
    static Cells of(Type type, Place file) throws DataException {
        if (!type.isPrimitive() || type.isRepetition(Type.Repetition.REPEATED)) {
            throw new DataException(file + ": column '" + type.getName()
                    + "' holds lists or records; give a file with single values in its columns");
        }
        var primitive = type.asPrimitiveType();
        var means = primitive.getLogicalTypeAnnotation();
        return switch (primitive.getPrimitiveTypeName()) {
            case BOOLEAN -> (column, text) -> text.append(column.getBoolean());
            case FLOAT -> // NaN is a missing value, as null is
                (column, text) -> {
                    float value = column.getFloat();
                    if (!Float.isNaN(value)) {
                        text.append(value);
                    }
                };
            case DOUBLE ->
                (column, text) -> {
                    double value = column.getDouble();
                    if (!Double.isNaN(value)) {
                        text.append(value);
                    }
                };
            case INT96 -> (column, text) -> text.append(ofInt96(column));
            case INT32 -> whole(means, ColumnReader::getInteger);
            case INT64 -> whole(means, ColumnReader::getLong);
            case BINARY, FIXED_LEN_BYTE_ARRAY -> bytes(primitive, means, file);
        };
    }

    /** Reads a whole number. */
    @FunctionalInterface
    interface Whole {
        long of(ColumnReader column);
    }

    private static Cells whole(LogicalTypeAnnotation means, Whole whole) {
        return switch (means) {
            case DateLogicalTypeAnnotation _ -> (column, text) -> text.append(LocalDate.ofEpochDay(whole.of(column)));
            case DecimalLogicalTypeAnnotation decimal ->
                (column, text) -> text.append(BigDecimal.valueOf(whole.of(column), decimal.getScale()));
            case TimestampLogicalTypeAnnotation time -> {
                var unit = switch (time.getUnit()) {
                    case MILLIS -> ChronoUnit.MILLIS;
                    case MICROS -> ChronoUnit.MICROS;
                    case NANOS -> ChronoUnit.NANOS;
                };
                yield (column, text) -> text.append(Instant.EPOCH
                        .plus(whole.of(column), unit)
                        .atOffset(ZoneOffset.UTC)
                        .toLocalDateTime());
            }
            case null, default -> (column, text) -> text.append(whole.of(column));
        };
    }

    private static Cells bytes(PrimitiveType type, LogicalTypeAnnotation means, Place file) throws DataException {
        if (means instanceof DecimalLogicalTypeAnnotation decimal) {
            return (column, text) ->
                    text.append(new BigDecimal(new BigInteger(column.getBinary().getBytes()), decimal.getScale()));
        }
        if (type.getPrimitiveTypeName() == PrimitiveType.PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY) {
            throw new DataException(file + ": column '" + type.getName() + "' holds bytes, which are no features");
        }
        return (column, text) -> quote(column.getBinary().toStringUsingUTF8(), text);
    }

    private static Object ofInt96(ColumnReader column) {
        var bytes = column.getBinary().toByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        long nanos = bytes.getLong();
        return LocalDate.ofEpochDay(bytes.getInt() - JULIAN_DAY_OF_1970)
                .atStartOfDay()
                .plusNanos(nanos);
    }

    /** A text as a field of CSV. */
    static void quote(String value, StringBuilder text) {
        boolean isPlain = true;
        for (int i = 0; isPlain && i < value.length(); i++) {
            char c = value.charAt(i);
            isPlain = c != ',' && c != '"' && c != '\n' && c != '\r';
        }
        if (isPlain) {
            text.append(value);
        } else {
            text.append('"').append(value.replace("\"", "\"\"")).append('"');
        }
    }
}
